"""What moc requires of the types in a signature: bounds, shared and stable types, actor fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.motoko.print import type_text
from analyzer.motoko.relation import Relation
from analyzer.motoko.types import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzer.motoko.types import StableField, StableSignature
    from analyzer.motoko.universe import Universe


class Checks:
    """The checks of one signature. They look at every node, also of definitions that nothing uses."""

    def __init__(self, signature: StableSignature, universe: Universe) -> None:
        self.signature = signature
        self.universe = universe
        self._fit: dict[bool, set[int]] = {False: set(), True: set()}
        self._bounds: dict[tuple[int, ...], bool] = {}

    def run(self, written: int, unchecked: Iterable[range], combined: Iterable[int]) -> None:
        """Raise ParseError for the first type that moc refuses.

        written: how many nodes were read. unchecked: nodes in bounds of definitions, of which moc only looks up the
        names. combined: what `and` and `or` result in, at which it does not look.
        """
        self._acyclic_bounds()
        table = self.signature.table
        relation = Relation(self.universe, stable=False)
        skipped = bytearray(written)
        for part in unchecked:
            skipped[part.start : part.stop] = bytes([1]) * len(part)
        for node in combined:
            skipped[node] = 1
        for node in range(written):
            kind = table.kinds[node]
            if kind <= Kind.TUPLE or skipped[node]:
                continue
            if kind == Kind.CON and table.children[node]:
                self._arguments(node, relation)
            elif kind == Kind.FUNC and table.labels[node][0] != "local":
                self._shared_function(node)
            elif kind == Kind.ASYNC:
                if not self.serializable(table.children[node][0], mutable=False):
                    self._fail(table.children[node][0], "async takes shared types only", "M0033")
            elif kind == Kind.OBJECT and table.labels[node][0] == "actor":
                self._actor(node)

    def _fail(self, node: int, what: str, code: str) -> None:
        shown = type_text(self.universe, node, 60)
        self.signature.sources.fail(self.signature.table.spans[node][0], f"{what}; this is {shown}", code)

    def _acyclic_bounds(self) -> None:
        """Refuse parameters whose bounds lead from one to the next and back (M0043)."""
        for number, binder in enumerate(self.signature.binders):
            ends = bytearray(len(binder.names))  # parameters whose bounds are known to end
            for i, name in enumerate(binder.names):
                chain: list[int] = []
                at = i
                while at >= 0 and not ends[at]:
                    if len(chain) > len(binder.names):
                        what = f'the bounds of the type parameter "{name}" lead back to it'
                        self.signature.sources.fail(binder.spans[i][0], what, "M0043")
                    chain.append(at)
                    at = self._bounded_by(number, binder.bounds[at])
                for link in chain:
                    ends[link] = 1

    def _bounded_by(self, binder: int, bound: int) -> int:
        """Return the parameter of the same binder that a bound is, -1 where it is another type."""
        head = self.universe.expand(bound)
        labels = self.universe.labels[head]
        own = self.universe.kinds[head] == Kind.PARAM and labels[0] == binder
        return int(labels[1]) if own else -1

    def _arguments(self, node: int, relation: Relation) -> None:
        universe, table = self.universe, self.signature.table
        number, arguments = table.labels[node][0], table.children[node]
        if all(universe.kinds[bound] == Kind.ANY for bound in universe.bounds[number]):
            return
        key = (number, *[universe.shape(a) for a in arguments])
        if key in self._bounds:
            return
        self._bounds[key] = True
        for argument, bound in zip(arguments, universe.bounds[number], strict=True):
            if not relation.official(argument, universe.substitute(bound, number, arguments)):
                what = f"this type argument is not within its bound {type_text(universe, bound, 60)}"
                self._fail(argument, what, "M0046")

    def _shared_function(self, node: int) -> None:
        table = self.signature.table
        sort, promises, _, params, count = table.labels[node]
        if params:
            self._fail(node, "a shared function has no type parameters", "M0180")
        for i, child in enumerate(table.children[node]):
            if not self.serializable(child, mutable=False):
                code, what = ("M0031", "parameter") if i < count else ("M0032", "result")
                self._fail(child, f"a shared function has shared {what} types only", code)
        if sort != "shared" and not promises:
            self._fail(node, 'a composite query returns "async ..."', "M0041")

    def _actor(self, node: int) -> None:
        universe, table = self.universe, self.signature.table
        for name, child in zip(table.labels[node][1:], table.children[node], strict=True):
            head = self._promoted(child)
            shared = universe.kinds[head] == Kind.FUNC and universe.labels[head][0] != "local"
            if not shared and universe.kinds[head] != Kind.TYPE:
                self._fail(child, f'the actor field "{name}" is to be a shared function', "M0042")

    def _promoted(self, node: int) -> int:
        """Return what a type is, a parameter being what its bound is."""
        universe = self.universe
        head = universe.expand(node)
        while universe.kinds[head] == Kind.PARAM:
            binder, index = universe.labels[head]
            head = universe.expand(universe.bounds[binder][index])
        return head

    def stable_fields(self, fields: list[StableField]) -> None:
        """Raise ParseError for the first variable whose type cannot be stable."""
        for field in fields:
            if not self.serializable(field.node, mutable=True):
                self._fail(field.node, f'the variable "{field.name}" is stable and its type is not', "M0131")

    def serializable(self, root: int, *, mutable: bool) -> bool:
        """Answer whether a type is stable (mutable parts may be in it) or shared (they may not).

        As moc answers: it takes any two `weak` types for equal, so it looks at no more than one.
        """
        universe = self.universe
        fit = self._fit[mutable]
        seen: set[int] = set()
        todo = [root]
        while todo:
            node = todo.pop()
            if universe.shape(node) in fit or universe.blurred(node) in seen:
                continue
            seen.add(universe.blurred(node))
            unfolded = universe.step(node)
            if unfolded != node:
                todo.append(unfolded)
                continue
            inside = self._parts(node, mutable=mutable)
            if inside is None:
                return False
            todo += reversed(inside)
        if not universe.has_weak:
            # Everything on the way is as good as the root: one failure would have failed the root.
            fit |= seen
        return True

    def _parts(self, node: int, *, mutable: bool) -> tuple[int, ...] | None:
        """Return the parts of an unfolded type that are to be looked at too; None where it is not as it should be."""
        universe = self.universe
        kind, labels, children = universe.kinds[node], universe.labels[node], universe.children[node]
        if kind == Kind.PRIM:
            return None if labels == ("Error",) or (labels == ("Region",) and not mutable) else ()
        if kind in (Kind.WEAK, Kind.VAR):
            return children if mutable else None
        if kind in (Kind.ASYNC, Kind.PARAM):
            return None
        if kind == Kind.OBJECT and labels[0] != "object":
            return () if labels[0] == "actor" else None
        if kind == Kind.FUNC:
            return () if labels[0] != "local" else None
        return () if kind == Kind.TYPE else children
