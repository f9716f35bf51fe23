"""What the parser does at each production of `stable.lark`: nodes into the table, names still unresolved."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.literals import LiteralError, text_of
from analyzer.motoko.types import Binder, Kind
from analyzer.text import shortened

if TYPE_CHECKING:
    from typing import Any

    from analyzer.motoko.types import StableSignature
    from analyzer.table import Span


class Member(NamedTuple):
    """A field, tag or stable variable as read."""

    name: str
    node: int
    span: Span
    mutable: bool = False
    required: bool = False


class RawDefinition(NamedTuple):
    """A `type` line as read. binder: -1 where it has no parameters."""

    name: str
    binder: int
    node: int
    span: Span


class RawMigration(NamedTuple):
    """A step of a chain as read."""

    label: str
    node: int
    span: Span


class Builder:
    """Collects what one text says. Definitions are checked and named only when all of it is read."""

    def __init__(self, signature: StableSignature) -> None:
        self.signature = signature
        self.table = signature.table
        self.add = signature.table.add
        self.definitions: list[RawDefinition] = []
        self.binders: list[Binder] = []
        self.form = "single"
        self.span: Span = (0, 0)  # of the actor
        self.pre: list[Member] = []
        self.post: list[Member] = []
        self.migrations: list[RawMigration] = []
        # Nodes in parentheses of their own: `((A, B)) -> ...` has one parameter, a tuple; `(A, B) -> ...` has two.
        self._closed: set[int] = set()

    def _fail(self, offset: int, what: str, code: str, hint: str | None = None) -> None:
        self.signature.sources.fail(offset, what, code, hint=hint)

    # -- lists

    def first(self, values: list[Any], _start: int, _end: int) -> list[Any]:
        return values

    def more(self, values: list[Any], _start: int, _end: int) -> list[Any]:
        values[0].append(values[1])
        items: list[Any] = values[0]
        return items

    def none(self, _values: list[Any], _start: int, _end: int) -> list[Any]:
        return []

    def pass_on(self, values: list[Any], _start: int, _end: int) -> Any:  # noqa: ANN401
        return values[0]

    arguments = pass_on

    # -- definitions and parameters

    def definition(self, values: list[Any], start: int, end: int) -> None:
        self.definitions.append(RawDefinition(values[0], -1, values[1], (start, end)))

    def definition_with_params(self, values: list[Any], start: int, end: int) -> None:
        self.definitions.append(RawDefinition(values[0], self._binder(values[1]), values[2], (start, end)))

    def _binder(self, members: list[Member]) -> int:
        if not members:
            return -1
        known: set[str] = set()
        for member in members:
            if member.name in known:
                self._fail(member.span[0], f'the type parameter "{member.name}" is there twice', "M0044")
            known.add(member.name)
        names = tuple([m.name for m in members])
        self.binders.append(Binder(names, [m.node for m in members], tuple([m.span for m in members])))
        return len(self.binders) - 1

    params = pass_on

    def bind(self, values: list[Any], start: int, end: int) -> Member:
        return Member(values[0], self.add(Kind.ANY, (), (), (start, end)), (start, end))

    def bounded(self, values: list[Any], start: int, end: int) -> Member:
        return Member(values[0], values[1], (start, end))

    # -- the actor

    def single(self, values: list[Any], start: int, end: int) -> None:
        self.span, self.post = (start, end), values[0]

    def prepost(self, values: list[Any], start: int, end: int) -> None:
        self.form, self.span, self.pre, self.post = "prepost", (start, end), values[0], values[1]

    def chain(self, values: list[Any], start: int, end: int) -> None:
        self.form, self.span, self.migrations, self.post = "chain", (start, end), values[0], values[1]

    def empty_chain(self, values: list[Any], start: int, end: int) -> None:
        self.form, self.span, self.post = "chain", (start, end), values[0]

    def migration(self, values: list[Any], start: int, end: int) -> RawMigration:
        return RawMigration(self._label(values[0], start), values[1], (start, end))

    def _label(self, literal: str, start: int) -> str:
        try:
            return text_of(literal)
        except LiteralError as error:
            self.signature.sources.fail(start + error.offset, str(error), "M0002")

    def stable_field(self, values: list[Any], start: int, end: int) -> Member:
        return Member(values[0], values[1], (start, end))

    def stable_var_field(self, values: list[Any], start: int, end: int) -> Member:
        return Member(values[0], values[1], (start, end), mutable=True)

    def required_field(self, values: list[Any], start: int, end: int) -> Member:
        return Member(values[0], values[1], (start, end), required=True)

    def required_var_field(self, values: list[Any], start: int, end: int) -> Member:
        return Member(values[0], values[1], (start, end), mutable=True, required=True)

    # -- names and brackets

    def path(self, values: list[Any], _start: int, _end: int) -> str:
        name: str = values[0]
        return name

    def dotted(self, values: list[Any], start: int, _end: int) -> str:
        what = f'there are no modules in a stable signature: "{shortened(values[0])}.{shortened(values[1])}"'
        self._fail(start, what, "M0026")
        return ""

    def name(self, values: list[Any], start: int, end: int) -> int:
        return self.add(Kind.NAME, (values[0],), (), (start, end))

    def applied(self, values: list[Any], start: int, end: int) -> int:
        return self.add(Kind.NAME, (values[0],), tuple(values[1]), (start, end))

    def unit(self, _values: list[Any], start: int, end: int) -> int:
        return self.add(Kind.TUPLE, (), (), (start, end))

    def items(self, values: list[Any], start: int, end: int) -> int:
        nodes = values[0]
        if len(nodes) == 1:
            # One item in parentheses, named or not, is that type; there are no 1-tuples.
            node: int = nodes[0]
            self._closed.add(node)
            return node
        return self.add(Kind.TUPLE, (), tuple(nodes), (start, end), tuple([self.table.spans[n] for n in nodes]))

    item = pass_on
    implicit_item = pass_on

    def named_item(self, values: list[Any], _start: int, _end: int) -> int:
        node: int = values[1]
        return node

    def array(self, values: list[Any], start: int, end: int) -> int:
        return self.add(Kind.ARRAY, (), (values[0],), (start, end))

    def var_array(self, values: list[Any], start: int, end: int) -> int:
        element = self.add(Kind.VAR, (), (values[0],), self.table.spans[values[0]])
        return self.add(Kind.ARRAY, (), (element,), (start, end))

    def option(self, values: list[Any], start: int, end: int) -> int:
        return self.add(Kind.OPTION, (), (values[0],), (start, end))

    def weak(self, values: list[Any], start: int, end: int) -> int:
        return self.add(Kind.WEAK, (), (values[0],), (start, end))

    def future(self, values: list[Any], start: int, end: int) -> int:
        return self.add(Kind.ASYNC, ("async",), (values[0],), (start, end))

    def computation(self, values: list[Any], start: int, end: int) -> int:
        # The star is a kept terminal: it comes first.
        return self.add(Kind.ASYNC, ("async*",), (values[-1],), (start, end))

    def and_type(self, values: list[Any], start: int, end: int) -> int:
        return self.add(Kind.AND, (), tuple(values), (start, end))

    def or_type(self, values: list[Any], start: int, end: int) -> int:
        return self.add(Kind.OR, (), tuple(values), (start, end))

    # -- functions

    def shared(self, _values: list[Any], _start: int, _end: int) -> str:
        return "shared"

    def query(self, _values: list[Any], _start: int, _end: int) -> str:
        return "query"

    def composite(self, _values: list[Any], _start: int, _end: int) -> str:
        return "composite"

    def local_function(self, values: list[Any], start: int, end: int) -> int:
        return self._function("local", [], values[0], values[1], (start, end))

    def generic_function(self, values: list[Any], start: int, end: int) -> int:
        return self._function("local", values[0], values[1], values[2], (start, end))

    def sorted_function(self, values: list[Any], start: int, end: int) -> int:
        return self._function(values[0], [], values[1], values[2], (start, end))

    def sorted_generic_function(self, values: list[Any], start: int, end: int) -> int:
        return self._function(values[0], values[1], values[2], values[3], (start, end))

    def _function(self, sort: str, params: list[Member], domain: int, codomain: int, span: Span) -> int:
        arguments = self._components(domain)
        table = self.table
        promises = sort != "local" and table.kinds[codomain] == Kind.ASYNC and codomain not in self._closed
        promises = promises and table.labels[codomain] == ("async",)
        results = self._components(table.children[codomain][0] if promises else codomain)
        if sort != "local" and not promises and (sort != "shared" or results):
            self._shared_result(sort, table.spans[codomain][0])
        if sort != "local" and params:
            self._fail(params[0].span[0], "a shared function has no type parameters", "M0180")
        binder = self._binder(params)
        both = arguments + results
        return self.add(
            Kind.FUNC,
            (sort, promises, binder, len(params), len(arguments)),
            both,
            span,
            tuple([table.spans[n] for n in both]),
        )

    def _shared_result(self, sort: str, offset: int) -> None:
        if sort == "shared":
            self._fail(offset, 'a shared function returns "()" or "async ..."', "M0035")
        self._fail(offset, 'a query returns "async ..."', "M0036")

    def _components(self, node: int) -> tuple[int, ...]:
        return (
            self.table.children[node] if self.table.kinds[node] == Kind.TUPLE and node not in self._closed else (node,)
        )

    # -- objects and variants

    def field(self, values: list[Any], start: int, end: int) -> Member:
        return Member(values[0], values[1], (start, end))

    def var_field(self, values: list[Any], start: int, end: int) -> Member:
        node = self.add(Kind.VAR, (), (values[1],), self.table.spans[values[1]])
        return Member(values[0], node, (start, end))

    def type_field(self, values: list[Any], start: int, end: int) -> Member:
        node = self.add(Kind.TYPE, (-1, 0), (values[1],), (start, end))
        return Member(f"type {values[0]}", node, (start, end))

    def type_field_with_params(self, values: list[Any], start: int, end: int) -> Member:
        node = self.add(Kind.TYPE, (self._binder(values[1]), len(values[1])), (values[2],), (start, end))
        return Member(f"type {values[0]}", node, (start, end))

    def method(self, values: list[Any], start: int, end: int) -> Member:
        return Member(values[0], self._function("local", [], values[1], values[2], (start, end)), (start, end))

    def generic_method(self, values: list[Any], start: int, end: int) -> Member:
        return Member(values[0], self._function("local", values[1], values[2], values[3], (start, end)), (start, end))

    def object(self, values: list[Any], start: int, end: int) -> int:
        return self._object("object", values[0], (start, end))

    def module(self, values: list[Any], start: int, end: int) -> int:
        return self._object("module", values[0], (start, end))

    def actor(self, values: list[Any], start: int, end: int) -> int:
        members = [m._replace(node=self._share(m.node)) for m in values[0]]
        return self._object("actor", members, (start, end))

    def _share(self, node: int) -> int:
        """Return a field's type as an actor has it: an arrow written there is a shared function."""
        table = self.table
        if table.kinds[node] != Kind.FUNC or table.labels[node][0] != "local" or node in self._closed:
            return node
        _, _, binder, params, count = table.labels[node]
        children, codomain = table.children[node], None
        if params:
            self._fail(table.spans[node][0], "a shared function has no type parameters", "M0180")
        results = children[count:]
        promises = len(results) == 1 and table.kinds[results[0]] == Kind.ASYNC and results[0] not in self._closed
        promises = promises and table.labels[results[0]] == ("async",)
        if promises:
            codomain = results[0]
            results = self._components(table.children[codomain][0])
        elif results:
            self._shared_result("shared", table.spans[results[0]][0])
        both = children[:count] + results
        labels = ("shared", promises, binder, params, count)
        return self.add(Kind.FUNC, labels, both, table.spans[node], tuple([table.spans[n] for n in both]))

    def _object(self, sort: str, members: list[Member], span: Span) -> int:
        ordered = self._ordered(members, "field")
        return self.add(
            Kind.OBJECT,
            (sort, *[m.name for m in ordered]),
            tuple([m.node for m in ordered]),
            span,
            tuple([m.span for m in ordered]),
        )

    def _ordered(self, members: list[Member], kind: str) -> list[Member]:
        known: dict[str, Member] = {}
        for member in members:
            if known.setdefault(member.name, member) is not member:
                self._fail(member.span[0], f'the {kind} "{shortened(member.name)}" is there twice', "M0018")
        return [known[name] for name in sorted(known)]

    def empty_variant(self, _values: list[Any], start: int, end: int) -> int:
        return self.add(Kind.VARIANT, (), (), (start, end))

    def variant(self, values: list[Any], start: int, end: int) -> int:
        ordered = self._ordered(values[0], "tag")
        return self.add(
            Kind.VARIANT,
            tuple([m.name for m in ordered]),
            tuple([m.node for m in ordered]),
            (start, end),
            tuple([m.span for m in ordered]),
        )

    def tag(self, values: list[Any], start: int, end: int) -> Member:
        return Member(values[0], self.add(Kind.TUPLE, (), (), (start, end)), (start, end))

    def tag_with_type(self, values: list[Any], start: int, end: int) -> Member:
        return Member(values[0], values[1], (start, end))
