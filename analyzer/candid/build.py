"""What the parser does at each production of `candid.lark`: nodes into the table, definitions into the interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.candid.types import NAMED_PRIMITIVES, CandidInterface, Kind, label_id
from analyzer.literals import LiteralError, id_of, text_of
from analyzer.text import shortened

if TYPE_CHECKING:
    from typing import Any

    from analyzer.table import Span


class Member(NamedTuple):
    """A field, case, method or argument as read. id: its label, None where the text gives none."""

    id: Any
    name: str | None
    node: int
    span: Span


class Import(NamedTuple):
    """An `import` line. service: whether it also takes over the methods of the file's service."""

    path: str
    service: bool
    span: Span


class Builder:
    """Builds one interface from one or more texts; `base` is the joined offset of the text being read."""

    def __init__(self, interface: CandidInterface, base: int) -> None:
        self.interface = interface
        self.base = base
        self.table = interface.table
        self.add = interface.table.add
        self.names: list[int] = []  # nodes that name a definition
        self.services: list[int] = []
        self.imports: list[Import] = []
        # node, constructor's arguments, their spans, span of the whole
        self.main: tuple[int, tuple[int, ...] | None, tuple[Span, ...], Span] | None = None
        self.base_span: Span = (base, base)
        self._ids: dict[str, int] = {}
        self._defined = (0, 0)  # how many of `names` and `services` the definitions have

    def forget_main(self) -> None:
        """Drop the main service unchecked: candid_parser does not look at that of a file imported for its types."""
        self.main = None
        del self.names[self._defined[0] :], self.services[self._defined[1] :]

    # -- lists

    def first(self, values: list[Any], _start: int, _end: int) -> list[Any]:
        return values

    def more(self, values: list[Any], _start: int, _end: int) -> list[Any]:
        values[0].append(values[1])
        items: list[Any] = values[0]
        return items

    # -- literals

    def _text(self, literal: str, start: int) -> str:
        try:
            return text_of(literal)
        except LiteralError as error:
            self.interface.sources.fail(self.base + start + error.offset, str(error), "literal")

    def _number(self, literal: str, start: int) -> int:
        try:
            return id_of(literal)
        except LiteralError as error:
            self.interface.sources.fail(self.base + start, str(error), "field-id")

    def _hash(self, name: str) -> int:
        known = self._ids.get(name)
        if known is None:
            known = self._ids[name] = label_id(name)
        return known

    # -- types

    def name(self, values: list[Any], start: int, end: int) -> int:
        name = values[0]
        kind = NAMED_PRIMITIVES.get(name)
        if kind is not None:
            return self.add(kind, (), (), (self.base + start, self.base + end))
        node = self.add(Kind.NAME, (name,), (), (self.base + start, self.base + end))
        self.names.append(node)
        return node

    def reference(self, values: list[Any], start: int, end: int) -> int:
        # Behind a method or `service :` a name is always a definition, even if it is called `nat`.
        node = self.add(Kind.NAME, (values[0],), (), (self.base + start, self.base + end))
        self.names.append(node)
        return node

    def null(self, _values: list[Any], start: int, end: int) -> int:
        return self.add(Kind.NULL, (), (), (self.base + start, self.base + end))

    def principal(self, _values: list[Any], start: int, end: int) -> int:
        return self.add(Kind.PRINCIPAL, (), (), (self.base + start, self.base + end))

    def blob(self, _values: list[Any], start: int, end: int) -> int:
        span = (self.base + start, self.base + end)
        return self.add(Kind.VEC, (), (self.add(Kind.NAT8, (), (), span),), span)

    def opt(self, values: list[Any], start: int, end: int) -> int:
        return self.add(Kind.OPT, (), (values[0],), (self.base + start, self.base + end))

    def vec(self, values: list[Any], start: int, end: int) -> int:
        return self.add(Kind.VEC, (), (values[0],), (self.base + start, self.base + end))

    # -- records and variants

    def field(self, values: list[Any], start: int, end: int) -> Member:
        return Member(None, None, values[0], (self.base + start, self.base + end))

    def field_named(self, values: list[Any], start: int, end: int) -> Member:
        name = values[0]
        return Member(self._hash(name), name, values[1], (self.base + start, self.base + end))

    def field_text(self, values: list[Any], start: int, end: int) -> Member:
        return self.field_named([self._text(values[0], start), values[1]], start, end)

    def field_number(self, values: list[Any], start: int, end: int) -> Member:
        return Member(self._number(values[0], start), None, values[1], (self.base + start, self.base + end))

    def case(self, values: list[Any], start: int, end: int) -> Member:
        return self.field_named([values[0], self.null([], start, end)], start, end)

    def case_text(self, values: list[Any], start: int, end: int) -> Member:
        return self.field_named([self._text(values[0], start), self.null([], start, end)], start, end)

    def case_number(self, values: list[Any], start: int, end: int) -> Member:
        return self.field_number([values[0], self.null([], start, end)], start, end)

    def by_id(self, members: list[Member]) -> list[tuple[int, Member]]:
        """Return fields or cases with their ids, ascending; two of one id are an error."""
        following = 0  # an unlabelled field has the id of the textually previous one, plus one
        known: dict[int, Member] = {}
        for member in members:
            number = following if member.id is None else member.id
            following = (number + 1) & 0xFFFFFFFF
            other = known.setdefault(number, member)
            if other is not member:
                here, there = _called(member, number), _called(other, number)
                what = f"{here} is there twice" if here == there else f"{here} and {there} have the same id {number}"
                hint = "rename one of the two" if here != there else "remove or rename one of the two"
                self.interface.sources.fail(member.span[0], what, "duplicate-field", hint=hint)
        return sorted(known.items())

    def _fields(self, kind: Kind, members: list[Member], start: int, end: int) -> int:
        ordered = self.by_id(members)
        return self.add(
            kind,
            tuple([number for number, _ in ordered]),
            tuple([m.node for _, m in ordered]),
            (self.base + start, self.base + end),
            tuple([m.span for _, m in ordered]),
            tuple([m.name for _, m in ordered]),
        )

    def empty_record(self, _values: list[Any], start: int, end: int) -> int:
        return self.add(Kind.RECORD, (), (), (self.base + start, self.base + end))

    def record(self, values: list[Any], start: int, end: int) -> int:
        return self._fields(Kind.RECORD, values[0], start, end)

    def empty_variant(self, _values: list[Any], start: int, end: int) -> int:
        return self.add(Kind.VARIANT, (), (), (self.base + start, self.base + end))

    def variant(self, values: list[Any], start: int, end: int) -> int:
        return self._fields(Kind.VARIANT, values[0], start, end)

    # -- functions and services

    def arg(self, values: list[Any], start: int, end: int) -> Member:
        return Member(None, None, values[0], (self.base + start, self.base + end))

    def arg_named(self, values: list[Any], start: int, end: int) -> Member:
        return Member(None, values[0], values[1], (self.base + start, self.base + end))

    def arg_text(self, values: list[Any], start: int, end: int) -> Member:
        return Member(None, self._text(values[0], start), values[1], (self.base + start, self.base + end))

    def empty_tuple(self, _values: list[Any], _start: int, _end: int) -> list[Member]:
        return []

    def listed(self, values: list[Any], _start: int, _end: int) -> list[Member]:
        members: list[Member] = values[0]
        if len(members) > 1:
            self._warn_of_names(members)
        return members

    def _warn_of_names(self, members: list[Member]) -> None:
        seen: set[str] = set()
        for member in members:
            if member.name in seen:
                what = f'the name "{shortened(member.name)}" is there twice: candid_parser 0.4 and later refuse that'
                self.interface.warnings.append((member.span[0], what))
            elif member.name is not None:
                seen.add(member.name)

    def signature(self, values: list[Any], start: int, end: int) -> int:
        arguments, results = values
        both = arguments + results
        return self.add(
            Kind.FUNC,
            ("", len(arguments)),
            tuple([m.node for m in both]),
            (self.base + start, self.base + end),
            tuple([m.span for m in both]),
            tuple([m.name for m in both]),
        )

    def _mode(self, node: int, mode: str, end: int) -> int:
        present, arguments = self.table.labels[node]
        start, stop = self.table.spans[node]
        if present:
            what = f'a function has one mode: "{mode}" follows "{present}"'
            self.interface.sources.fail(stop, what, "mode", hint="keep one of the two")
        if mode == "oneway" and len(self.table.children[node]) > arguments:
            what = "a oneway function returns nothing"
            self.interface.sources.fail(start, what, "oneway", hint='write "-> ()" or remove "oneway"')
        self.table.labels[node] = (mode, arguments)
        self.table.spans[node] = (start, self.base + end)
        return node

    def oneway(self, values: list[Any], _start: int, end: int) -> int:
        return self._mode(values[0], "oneway", end)

    def query(self, values: list[Any], _start: int, end: int) -> int:
        return self._mode(values[0], "query", end)

    def composite_query(self, values: list[Any], _start: int, end: int) -> int:
        return self._mode(values[0], "composite_query", end)

    def func(self, values: list[Any], _start: int, _end: int) -> int:
        node: int = values[0]
        return node

    def method(self, values: list[Any], start: int, end: int) -> Member:
        return Member(values[0], values[0], values[1], (self.base + start, self.base + end))

    def method_text(self, values: list[Any], start: int, end: int) -> Member:
        name = self._text(values[0], start)
        return Member(name, name, values[1], (self.base + start, self.base + end))

    def empty_body(self, _values: list[Any], start: int, end: int) -> int:
        return self.service_of([], (self.base + start, self.base + end))

    def body(self, values: list[Any], start: int, end: int) -> int:
        return self.service_of(values[0], (self.base + start, self.base + end))

    def service_of(self, members: list[Member], span: Span) -> int:
        """Add a service node; a method that is there twice is an error."""
        known: dict[str, Member] = {}
        for member in members:
            if known.setdefault(member.id, member) is not member:
                what = f'the method "{shortened(member.id)}" is there twice'
                self.interface.sources.fail(
                    member.span[0], what, "duplicate-method", hint="remove or rename one of the two"
                )
        names = sorted(known) if all(map(str.isascii, known)) else sorted(known, key=str.encode)
        ordered = [known[name] for name in names]
        node = self.add(
            Kind.SERVICE,
            tuple(names),
            tuple([m.node for m in ordered]),
            span,
            tuple([m.span for m in ordered]),
            tuple(names),
        )
        self.services.append(node)
        return node

    def service(self, values: list[Any], _start: int, _end: int) -> int:
        node: int = values[0]
        return node

    # -- definitions and the main service

    def definition(self, values: list[Any], start: int, end: int) -> None:
        name, node = values
        if name in self.interface.definitions:
            what = f'the type "{name}" is defined twice'
            self.interface.sources.fail(
                self.base + start, what, "duplicate-type", hint="remove or rename one of the two"
            )
        self.interface.definitions[name] = node
        self.interface.definition_spans[name] = (self.base + start, self.base + end)
        self._defined = (len(self.names), len(self.services))

    def import_types(self, values: list[Any], start: int, end: int) -> None:
        self.imports.append(
            Import(self._text(values[0], start), service=False, span=(self.base + start, self.base + end))
        )

    def import_service(self, values: list[Any], start: int, end: int) -> None:
        self.imports.append(
            Import(self._text(values[0], start), service=True, span=(self.base + start, self.base + end))
        )

    def constructor(self, values: list[Any], _start: int, _end: int) -> tuple[list[Member], int]:
        return values[0], values[1]

    def main_of(self, value: Any, start: int, end: int) -> None:  # noqa: ANN401 - a node, or a constructor's pair
        span = (self.base + start, self.base + end)
        if isinstance(value, tuple):
            arguments, node = value
            self.main = (node, tuple(m.node for m in arguments), tuple(m.span for m in arguments), span)
        else:
            self.main = (value, None, (), span)

    def main_named(self, values: list[Any], start: int, end: int) -> None:
        self.main_of(values[1], start, end)

    def main_anonymous(self, values: list[Any], start: int, end: int) -> None:
        self.main_of(values[0], start, end)

    def empty(self, _values: list[Any], _start: int, _end: int) -> None:
        pass

    only_main = only_defs = defs_main = empty


def _called(member: Member, number: int) -> str:
    return f'the field "{shortened(member.name)}"' if member.name is not None else f"the field {number}"
