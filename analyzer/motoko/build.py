"""What the parser does at each production of `stable.lark`: nodes into the table, names still unresolved."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.motoko.labels import LabelError, label_of
from analyzer.motoko.names import TYPE_FIELD, Member, Names, field_order
from analyzer.motoko.types import Binder, Kind
from analyzer.text import shortened

if TYPE_CHECKING:
    from typing import Any

    from analyzer.motoko.types import StableSignature
    from analyzer.table import Span


class Params(NamedTuple):
    """Type parameters as read. scoped: `system` is among them. stop: the node behind those of their bounds."""

    members: list[Member]
    span: Span
    stop: int
    scoped: bool = False


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


def _order_of(member: Member) -> tuple[bool, str]:
    return field_order(member.name)


class Builder:
    """Collects what one text says. Definitions are checked and named only when all of it is read."""

    def __init__(self, signature: StableSignature) -> None:
        self.signature = signature
        self.table = signature.table
        self.add = signature.table.add
        self.names = Names(signature.sources)
        self.definitions: list[RawDefinition] = []
        self.binders: list[Binder] = []
        self.form = "single"
        self.span: Span = (0, 0)  # of the actor
        self.pre: list[Member] = []
        self.post: list[Member] = []
        self.migrations: list[RawMigration] = []
        # Nodes in the bounds of definitions and type fields: moc names them and looks no further.
        self.unchecked: list[range] = []
        self.named: set[int] = set()  # nodes with a name before them
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
        binder = self._definition_binder(values[1])
        self.definitions.append(RawDefinition(values[0], binder, values[2], (start, end)))

    def _definition_binder(self, params: Params) -> int:
        if not params.members:
            return -1
        first = params.stop
        while first and self.table.spans[first - 1][0] >= params.span[0]:
            first -= 1
            if self.unchecked and self.unchecked[-1].stop - 1 == first:
                first = self.unchecked.pop().start
        self.unchecked.append(range(first, params.stop))
        return self._binder(params)

    def _binder(self, params: Params) -> int:
        known: set[str] = set()
        for member in params.members:
            if member.name in known:
                self._fail(member.span[0], f'the type parameter "{shortened(member.name)}" is there twice', "M0044")
            known.add(member.name)
        names = tuple([m.name for m in params.members])
        bounds, spans = [m.node for m in params.members], tuple([m.span for m in params.members])
        self.binders.append(Binder(names, bounds, spans, params.span, params.scoped))
        return len(self.binders) - 1

    def no_params(self, _values: list[Any], start: int, end: int) -> Params:
        return Params([], (start, end), 0)

    def params(self, values: list[Any], start: int, end: int) -> Params:
        return Params(values[0], (start, end), len(self.table))

    def only_system(self, _values: list[Any], start: int, end: int) -> Params:
        return Params([], (start, end), 0, scoped=True)

    def system_params(self, values: list[Any], start: int, end: int) -> Params:
        return Params(values[0], (start, end), 0, scoped=True)

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
            return label_of(literal)
        except LabelError as error:
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

    def named_item(self, values: list[Any], _start: int, _end: int) -> int:
        node: int = values[-1]
        self.named.add(node)
        return node

    implicit_item = named_item

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
        return self.add(Kind.ASYNC, ("async", -1), (values[0],), (start, end))

    def computation(self, values: list[Any], start: int, end: int) -> int:
        # The star is a kept terminal: it comes first.
        return self.add(Kind.ASYNC, ("async*", -1), (values[-1],), (start, end))

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
        return self._function("local", None, values[0], values[1], (start, end))

    def generic_function(self, values: list[Any], start: int, end: int) -> int:
        return self._function("local", values[0], values[1], values[2], (start, end))

    def sorted_function(self, values: list[Any], start: int, end: int) -> int:
        return self._function(values[0], None, values[1], values[2], (start, end))

    def sorted_generic_function(self, values: list[Any], start: int, end: int) -> int:
        return self._function(values[0], values[1], values[2], values[3], (start, end))

    def _function(self, sort: str, params: Params | None, domain: int, codomain: int, span: Span) -> int:
        table = self.table
        open_async = table.kinds[codomain] == Kind.ASYNC and codomain not in self._closed
        binder, count = -1, 0
        if params is not None and params.members:
            binder, count = self._binder(params), len(params.members)
        if sort == "local" and (open_async or (params is not None and params.scoped)):
            if binder < 0:
                self.binders.append(Binder((), [], (), span))
                binder = len(self.binders) - 1
            self.binders[binder].scoped = True
        arguments = self._components(domain)
        promises = sort != "local" and open_async and table.labels[codomain][0] == "async"
        results = self._promised(codomain) if promises else self._components(codomain)
        if sort in ("shared", "query") and not promises and (sort == "query" or results):
            self._shared_result(sort, table.spans[codomain][0])
        labels = (sort, promises, binder, count, len(arguments))
        both = arguments + results
        return self.add(Kind.FUNC, labels, both, span, tuple([table.spans[n] for n in both]))

    def _promised(self, codomain: int) -> tuple[int, ...]:
        """Return the results behind an `async` that belongs to a shared function; nothing is left of it but a node."""
        table = self.table
        results = self._components(table.children[codomain][0])
        table.kinds[codomain], table.labels[codomain], table.children[codomain] = Kind.TUPLE, (), ()
        return results

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
        return Member(TYPE_FIELD + values[0], node, (start, end))

    def type_field_with_params(self, values: list[Any], start: int, end: int) -> Member:
        labels = (self._definition_binder(values[1]), len(values[1].members))
        node = self.add(Kind.TYPE, labels, (values[2],), (start, end))
        return Member(TYPE_FIELD + values[0], node, (start, end))

    def method(self, values: list[Any], start: int, end: int) -> Member:
        return Member(values[0], self._function("local", None, values[1], values[2], (start, end)), (start, end))

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
        children = table.children[node]
        results = children[count:]
        promises = len(results) == 1 and table.kinds[results[0]] == Kind.ASYNC and results[0] not in self._closed
        promises = promises and table.labels[results[0]][0] == "async"
        if promises:
            results = self._promised(results[0])
        elif results:
            self._shared_result("shared", table.spans[results[0]][0])
        both = children[:count] + results
        labels = ("shared", promises, binder if params else -1, params, count)
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
        self.names.refuse_duplicates(members, kind)
        return sorted(members, key=_order_of)

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
