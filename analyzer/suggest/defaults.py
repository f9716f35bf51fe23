"""The plainest value of a type: empty, zero, null, the first case that carries nothing."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from analyzer.motoko.types import Kind
from analyzer.suggest import primitives
from analyzer.suggest.tree import Call, Entry, Items, Record, Tag, Typed, Word, parts_of

if TYPE_CHECKING:
    from analyzer.motoko.universe import Universe
    from analyzer.suggest.containers import Containers
    from analyzer.suggest.tree import Expression

MAX_LEVELS = 20
MAX_ASKED = 5_000  # types that are looked at for one value
MAX_SIZE = 500  # parts of a value that anyone would read
_MANAGEMENT = 'actor "aaaaa-aa"'  # a reference to any canister has the type that is asked for


class Defaults:
    """The plainest values of the types of a universe."""

    def __init__(self, universe: Universe, containers: Containers) -> None:
        self.universe = universe
        self._containers = containers
        self._known: dict[int, Expression | None] = {}
        self._asked = 0

    def of(self, node: int, level: int = 0) -> Expression | None:
        """Return a value; None where the type has none, or none that can be written."""
        self._asked = 0 if level == 0 else self._asked + 1
        if level > MAX_LEVELS or self._asked > MAX_ASKED:
            return None
        node = self.universe.expand(node)
        key = self.universe.shape(node)
        if key not in self._known:
            self._known[key] = None  # a value inside itself is none
            self._known[key] = self._made(node, level)
            made = self._known[key]
            if made is not None and sum(1 for _ in islice(parts_of(made), MAX_SIZE + 1)) > MAX_SIZE:
                self._known[key] = None
                return None
            if made is None and level:
                return self._known.pop(key)  # it may only have been met inside itself
        return self._known[key]

    def _made(self, node: int, level: int) -> Expression | None:
        universe = self.universe
        kind = universe.kinds[node]
        found = self._containers.found(node)
        if found is not None:
            return Call(f"{found.container.module}.empty", (), found.arguments)
        if kind == Kind.PRIM:
            return primitives.default(universe.labels[node][0])
        if kind == Kind.ANY:
            return Word("()")
        if kind == Kind.OPTION:
            return Word("null")
        if kind == Kind.ARRAY:
            mutable = universe.kinds[universe.children[node][0]] == Kind.VAR
            return Items("[var" if mutable else "[", ())
        if kind == Kind.VARIANT:
            return self._case(node, level)
        if kind == Kind.TUPLE:
            return self._all(node, level)
        if kind == Kind.OBJECT and universe.labels[node][0] == "object":
            return self._record(node, level)
        if kind == Kind.OBJECT and universe.labels[node][0] == "actor":
            return Typed(Word(_MANAGEMENT), node)
        if kind == Kind.FUNC and universe.labels[node][0] != "local":
            actor = universe.add(Kind.OBJECT, ("actor", "method"), (node,))
            return Typed(Word(_MANAGEMENT), actor, "method")
        return None

    def _case(self, node: int, level: int) -> Expression | None:
        universe = self.universe
        cases = list(zip(universe.labels[node], universe.children[node], strict=True))
        for tag, payload in cases:
            inner = universe.expand(payload)
            if universe.kinds[inner] == Kind.TUPLE and not universe.children[inner]:
                return Tag(tag, None)
        for tag, payload in cases:
            value = self.of(payload, level + 1)
            if value is not None:
                return Tag(tag, value)
        return None

    def _all(self, node: int, level: int) -> Expression | None:
        values = []
        for child in self.universe.children[node]:
            value = self.of(child, level + 1)
            if value is None:
                return None
            values.append(value)
        return Items("(", tuple(values))

    def _record(self, node: int, level: int) -> Expression | None:
        universe = self.universe
        entries = []
        for name, child in zip(universe.labels[node][1:], universe.children[node], strict=True):
            kind = universe.kinds[child]
            value = (
                None
                if kind == Kind.TYPE
                else self.of(universe.children[child][0] if kind == Kind.VAR else child, level + 1)
            )
            if value is None:
                return None
            entries.append(Entry(name, value, kind == Kind.VAR))
        return Record(tuple(entries))
