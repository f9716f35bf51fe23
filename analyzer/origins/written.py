"""Types as a program writes them, followed through their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.motoko.types import Kind
from analyzer.text import location

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from analyzer.model import Location
    from analyzer.motoko.source.declarations import SourceFile
    from analyzer.motoko.source.program import Named, Program, Scope
    from analyzer.table import Span, TypeTable

MAX_NAMES = 200  # that one type is followed through
MAX_PAIRS = 200_000  # of types, that are looked at together


class Written(NamedTuple):
    """A type where it is written. given: what the type parameters around it stand for."""

    scope: Scope
    node: int
    given: Mapping[str, Written]

    @property
    def table(self) -> TypeTable:
        """The types of its file."""
        return self.scope.file.table

    @property
    def kind(self) -> int:
        """What it is; a NAME may be anything."""
        return self.table.kinds[self.node]

    @property
    def children(self) -> list[Written]:
        """The types in it."""
        return [Written(self.scope, child, self.given) for child in self.table.children[self.node]]

    @property
    def members(self) -> tuple[Span, ...]:
        """Where each child's field, case or argument stands."""
        return self.table.members[self.node]

    @property
    def name(self) -> str:
        """Of a NAME: as it is written, with dots."""
        label: str = self.table.labels[self.node][0]
        return label


def declared(named: Named) -> Written:
    """Return what a type declaration says, its parameters unknown."""
    return Written(named.scope, named.declaration.node, {})


def followed(written: Written) -> tuple[list[Named], Written]:
    """Return the declarations that a type's name leads through, and what is no name any more.

    A name that is primitive, or not known, is where it ends.
    """
    passed = []
    for _ in range(MAX_NAMES):
        if written.kind != Kind.NAME:
            break
        instead = written.given.get(written.name)
        if instead is not None:
            written = instead
            continue
        named = written.scope.find(written.name)
        if named is None:
            break
        given = dict(zip(named.declaration.params, written.children, strict=False))
        written = Written(named.scope, named.declaration.node, given)
        passed.append(named)
    return passed, written


def one_of(passed: list[Named], names: tuple[str, ...], *, last: bool) -> Named | None:
    """Return the declaration of one of some names that comes first, or last, None where none has it."""
    found = [named for named in passed if named.declaration.name in names]
    return found[-1 if last else 0] if found else None


class Found:
    """Generated spans and where a person wrote what stands there; the first that is found for a span is kept."""

    def __init__(self) -> None:
        self._places: dict[Span, tuple[SourceFile, Span]] = {}

    def note(self, generated: Span, file: SourceFile, span: Span) -> None:
        """Take in that what stands at the first was made of what stands at the second."""
        self._places.setdefault(generated, (file, span))

    def note_type(self, generated: Span, written: Written) -> None:
        """Take in where a type is written."""
        self.note(generated, written.scope.file, written.table.spans[written.node])

    def __contains__(self, generated: Span) -> bool:
        return generated in self._places

    def location(self, generated: Span) -> Location | None:
        """Return where a person wrote what stands at a span."""
        place = self._places.get(generated)
        return None if place is None else location(place[0].sources, place[1])


class Pairs:
    """Generated types and written ones that are to be walked together, each pair once."""

    def __init__(self) -> None:
        self._todo: list[tuple[int, Written]] = []
        self._seen: set[tuple[int, int, int]] = set()

    def add(self, node: int, written: Written) -> None:
        """Take in a pair."""
        self._todo.append((node, written))

    def __iter__(self) -> Iterator[tuple[int, Written]]:
        """Yield the pairs that are left, those too that are added meanwhile."""
        while self._todo:
            node, written = self._todo.pop()
            key = (node, id(written.scope.file), written.node)
            if key not in self._seen and len(self._seen) < MAX_PAIRS:
                self._seen.add(key)
                yield node, written


def types_by_name(program: Program) -> dict[str, list[Named]]:
    """Return every type declaration of a program's files by its bare name, the nearest to the actor first."""
    from analyzer.motoko.source.program import Named  # noqa: PLC0415 - at the top it is a type alone

    known: dict[str, list[Named]] = {}
    for scope in program.scopes():
        for name, declaration in scope.types.items():
            if declaration is not None and declaration.kind == "type":
                known.setdefault(name, []).append(Named(scope, declaration))
    return known
