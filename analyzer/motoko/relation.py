"""May a value of type `a` be kept as type `b`? Motoko's subtyping and its stable subtyping, as moc 2.2 decides them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.motoko.types import Kind
from analyzer.motoko.universe import Undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.motoko.universe import Universe

BUDGET = 3_000_000  # pairs of one question

SUB, EQUAL = 0, 1
Goal = tuple[int, int, int]  # a, b, SUB or EQUAL
FAIL: Goal = (-1, -1, -1)


class Relation:
    """Questions about the types of one universe. stable: without loss (M0216), else with (M0170)."""

    def __init__(self, universe: Universe, *, stable: bool) -> None:
        self.universe = universe
        self.stable = stable
        # Pairs of successful questions. A question that failed leaves nothing: its assumptions were never discharged.
        self._holds: set[Goal] = set()

    def subtype(self, a: int, b: int) -> bool:
        """Answer a <: b. Raises Undecided."""
        return self._ask((a, b, SUB))

    def equal(self, a: int, b: int) -> bool:
        """Answer a = b. Raises Undecided."""
        return self._ask((a, b, EQUAL))

    def _ask(self, goal: Goal) -> bool:
        universe = self.universe
        shape, expand = universe.shape, universe.expand
        assumed: set[Goal] = set()
        todo = [goal]
        while todo:
            a, b, mode = todo.pop()
            if a < 0:
                return False
            key = (shape(a), shape(b), mode)
            if key[0] == key[1] or key in assumed or key in self._holds:
                continue
            assumed.add(key)
            if len(assumed) > BUDGET:
                raise Undecided
            goals = list(self.step(expand(a), expand(b), mode))
            if FAIL in goals:
                return False
            todo += goals
        self._holds |= assumed
        return True

    def official(self, a: int, b: int) -> bool:
        """Answer a <: b as moc does. Raises Undecided.

        moc remembers the pairs that it was asked in an ordered set whose ordering takes any two `weak` types for equal:
        behind the first pair of them, every other one passes unseen. So the order of its questions counts.
        """
        return self.subtype(a, b) or (self.universe.has_weak and self._in_order(a, b))

    def _in_order(self, a: int, b: int) -> bool:
        universe = self.universe
        asked: set[Goal] = set()
        todo: list[Goal] = [(a, b, SUB)]
        while todo:
            x, y, mode = todo.pop()
            if x < 0:
                return False
            key = (universe.blurred(x), universe.blurred(y), mode)
            if key in asked:
                continue
            asked.add(key)
            if len(asked) > BUDGET:
                raise Undecided
            todo += reversed(list(self.step(universe.expand(x), universe.expand(y), mode)))
        return True

    def step(self, a: int, b: int, mode: int) -> Iterator[Goal]:
        """Yield what a pair of unfolded types rests on; FAIL where it cannot hold."""
        universe = self.universe
        kinds, labels, children = universe.kinds, universe.labels, universe.children
        ka, kb = kinds[a], kinds[b]
        if Kind.VAR in (ka, kb):
            yield (children[a][0], children[b][0], EQUAL) if ka == kb else FAIL
        elif Kind.TYPE in (ka, kb):
            yield from self._type_field(a, b) if ka == kb else (FAIL,)
        elif kb == Kind.ANY:
            if ka != Kind.ANY and (mode == EQUAL or (self.stable and ka != Kind.NONE)):
                yield FAIL
        elif ka == Kind.NONE and (mode == SUB or kb == Kind.NONE):
            return
        elif ka == Kind.PARAM:
            yield from self._parameter(a, b, mode)
        elif ka == Kind.PRIM and kb == Kind.OPTION and mode == SUB and labels[a] == ("Null",):
            return
        elif ka != kb:
            yield FAIL
        elif ka == Kind.PRIM:
            if labels[a] != labels[b] and not (mode == SUB and (labels[a], labels[b]) == (("Nat",), ("Int",))):
                yield FAIL
        elif ka in (Kind.OPTION, Kind.WEAK, Kind.ARRAY, Kind.ASYNC):
            yield (children[a][0], children[b][0], mode) if labels[a] == labels[b] else FAIL
        elif ka == Kind.TUPLE:
            if len(children[a]) != len(children[b]):
                yield FAIL
            for x, y in zip(children[a], children[b], strict=False):
                yield x, y, mode
        elif ka == Kind.OBJECT:
            yield from self._object(a, b, mode)
        elif ka == Kind.VARIANT:
            yield from self._variant(a, b, mode)
        elif ka == Kind.FUNC:
            yield from self._function(a, b, mode)

    def _object(self, a: int, b: int, mode: int) -> Iterator[Goal]:
        labels, children = self.universe.labels, self.universe.children
        if labels[a][0] != labels[b][0]:
            yield FAIL
            return
        mine = dict(zip(labels[a][1:], children[a], strict=True))
        theirs = dict(zip(labels[b][1:], children[b], strict=True))
        if (mode == EQUAL or self.stable) and mine.keys() - theirs.keys():
            yield FAIL
        for name, child in theirs.items():
            yield (mine[name], child, mode) if name in mine else FAIL

    def _variant(self, a: int, b: int, mode: int) -> Iterator[Goal]:
        labels, children = self.universe.labels, self.universe.children
        mine = dict(zip(labels[a], children[a], strict=True))
        theirs = dict(zip(labels[b], children[b], strict=True))
        if mode == EQUAL and theirs.keys() - mine.keys():
            yield FAIL
        for tag, child in mine.items():
            yield (child, theirs[tag], mode) if tag in theirs else FAIL

    def _function(self, a: int, b: int, mode: int) -> Iterator[Goal]:
        universe = self.universe
        labels = universe.labels
        (sort_a, promises_a, binder_a, params_a, count_a) = labels[a]
        (sort_b, promises_b, binder_b, params_b, count_b) = labels[b]
        ca, cb = universe.children[a], universe.children[b]
        if (sort_a, promises_a, params_a, count_a, len(ca)) != (sort_b, promises_b, params_b, count_b, len(cb)):
            yield FAIL
            return
        if params_a:
            names = tuple(universe.parameter(binder_b, i) for i in range(params_b))
            ca = tuple(universe.substitute(c, binder_a, names) for c in ca)
            yield from self._bounds(binder_a, binder_b, names)
        for x, y in zip(cb[:count_b], ca[:count_a], strict=True):
            yield x, y, mode
        for x, y in zip(ca[count_a:], cb[count_b:], strict=True):
            yield x, y, mode

    def _type_field(self, a: int, b: int) -> Iterator[Goal]:
        universe = self.universe
        (binder_a, params_a), (binder_b, params_b) = universe.labels[a], universe.labels[b]
        if params_a != params_b:
            yield FAIL
            return
        body = universe.children[a][0]
        if params_a:
            names = tuple(universe.parameter(binder_b, i) for i in range(params_b))
            body = universe.substitute(body, binder_a, names)
            yield from self._bounds(binder_a, binder_b, names)
        yield body, universe.children[b][0], EQUAL

    def _bounds(self, binder_a: int, binder_b: int, names: tuple[int, ...]) -> Iterator[Goal]:
        universe = self.universe
        for x, y in zip(universe.bounds[binder_b], universe.bounds[binder_a], strict=True):
            yield x, universe.substitute(y, binder_a, names), EQUAL

    def _parameter(self, a: int, b: int, mode: int) -> Iterator[Goal]:
        """Yield what a parameter rests on: it is itself, or what its bound is."""
        universe = self.universe
        if universe.kinds[b] == Kind.PARAM and universe.labels[a] == universe.labels[b]:
            return
        binder, index = universe.labels[a]
        yield (universe.bounds[binder][index], b, SUB) if mode == SUB else FAIL
