"""The types that a migration mentions, with the names that a person would give them.

A migration holds the types of both sides itself: the program's own go on changing, and what was kept does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.motoko.print import params_text, type_text
from analyzer.motoko.types import PRIMITIVES, Kind
from analyzer.suggest.convert import bare

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzer.motoko.relation import Relation
    from analyzer.motoko.universe import Universe
    from analyzer.suggest.containers import Container, Containers

_RESERVED = PRIMITIVES | {"Any", "None"}
_NO_LIMIT = 1 << 62


class Types:
    """Types as text. imported: the containers that the texts name so far.

    sides: of each binder, `Old` or `New`. Names are given to what `mention` was told of.
    """

    def __init__(self, universe: Universe, relation: Relation, containers: Containers, old_binders: range) -> None:
        self.universe = universe
        self._relation = relation
        self._containers = containers
        self._old = old_binders
        self.imported: set[Container] = set()
        self._rewritten: dict[int, int] = {}
        self._modules: dict[str, int] = {}
        self._met: dict[int, int] = {}  # definitions by binder, with the node of their body as it is shown
        self._texts: dict[int, str] = {}
        self._named = False

    def mention(self, nodes: Iterable[int]) -> None:
        """Take types into what is to be named."""
        todo = [self.shown(node) for node in nodes]
        seen: set[int] = set()
        while todo:
            node = todo.pop()
            if node in seen:
                continue
            seen.add(node)
            universe = self.universe
            todo += universe.children[node]
            own = universe.labels[node][2] if universe.kinds[node] == Kind.FUNC else -1
            if universe.kinds[node] == Kind.TYPE:
                own = universe.labels[node][0]
            if own >= 0:
                todo += universe.bounds[own]
            if universe.kinds[node] == Kind.CON and universe.labels[node][0] not in self._modules.values():
                binder = universe.labels[node][0]
                if binder not in self._met:
                    self._met[binder] = self.shown(universe.bodies[binder])
                    todo += [self._met[binder], *universe.bounds[binder]]

    def shown(self, node: int) -> int:
        """Return a type in which containers of mo:core are called by their names."""
        universe = self.universe
        todo = [node]
        while todo:
            at = todo[-1]
            if at in self._rewritten:
                todo.pop()
                continue
            found = self._containers.found(at)
            children = universe.children[at] if found is None else found.arguments
            missing = [c for c in children if c not in self._rewritten]
            if missing:
                todo += missing
                continue
            inside = tuple(self._rewritten[c] for c in children)
            if found is not None:
                self.imported.add(found.container)
                self._rewritten[at] = universe.add(Kind.CON, (self._module(found.container),), inside)
            elif inside != children:
                self._rewritten[at] = universe.add(universe.kinds[at], universe.labels[at], inside)
            else:
                self._rewritten[at] = at
            todo.pop()
        return self._rewritten[node]

    def _module(self, container: Container) -> int:
        name = f"{container.module}.{container.name}"
        if name not in self._modules:
            self._modules[name] = self.universe.definition(name)
        return self._modules[name]

    def text(self, node: int) -> str:
        """Return a type that was mentioned, as text."""
        return type_text(self.universe, self.shown(node), _NO_LIMIT)

    def lines(self) -> list[str]:
        """Name what was mentioned, and return its definitions, by name."""
        universe = self.universe
        groups: dict[str, list[list[int]]] = {}
        for binder in sorted(self._met):
            plain = self._plain(binder)
            if plain is not None:
                universe.names[binder] = plain
                continue
            classes = groups.setdefault(bare(universe.names[binder]), [])
            same = next((one for one in classes if self._same(one[0], binder)), None)
            if same is None:
                classes.append([binder])
            else:
                same.append(binder)
        taken = set(_RESERVED)
        chosen: dict[str, int] = {}
        for base, classes in sorted(groups.items()):
            for one in classes:
                name = self._name(base, one, alone=len(classes) == 1, taken=taken)
                taken.add(name)
                chosen[name] = self._written(one)
                for binder in one:
                    universe.names[binder] = name
        return [
            f"type {name}{params_text(universe, binder)} = {type_text(universe, self._met[binder], _NO_LIMIT)};"
            for name, binder in sorted(chosen.items())
        ]

    def _plain(self, binder: int) -> str | None:
        """Return the primitive type that a definition stands for, if it does."""
        universe = self.universe
        if universe.parameters[binder]:
            return None
        node = universe.expand(universe.bodies[binder])
        if universe.kinds[node] == Kind.PRIM:
            return str(universe.labels[node][0])
        return {Kind.ANY: "Any", Kind.NONE: "None"}.get(Kind(universe.kinds[node]))

    def _same(self, one: int, other: int) -> bool:
        universe = self.universe
        if len(universe.parameters[one]) != len(universe.parameters[other]):
            return False
        _, names = universe.opened(one)
        made = [universe.add(Kind.CON, (binder,), names) for binder in (one, other)]
        return self._relation.equal(*made)

    def _written(self, same: list[int]) -> int:
        """Return of definitions that are the same the one that is written: one that is no alias of another."""
        kinds = self.universe.kinds
        return next((b for b in same if kinds[self._met[b]] != Kind.CON), same[0])

    def _name(self, base: str, same: list[int], *, alone: bool, taken: set[str]) -> str:
        sides = {binder in self._old for binder in same}
        name = base if alone or len(sides) > 1 else f"{'Old' if sides == {True} else 'New'}{base[:1].upper()}{base[1:]}"
        found, number = name, 2
        while found in taken:
            found, number = f"{name}{number}", number + 1
        return found
