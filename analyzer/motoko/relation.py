"""May a value of type `a` be kept as type `b`? Motoko's subtyping and its stable subtyping, as moc 2.2 decides them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.motoko.names import field_order
from analyzer.motoko.types import COMPUTED_ITEM, Kind
from analyzer.motoko.universe import TOO_DEEP, TOO_LARGE, Undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.motoko.universe import Universe

BUDGET = 600_000  # pairs looked at by one relation
MAX_DEPTH = 10_000  # levels of one type inside another; moc gives up there too, or, where they are named, earlier

SUB, EQUAL = 0, 1
Goal = tuple[int, int, int]  # a, b, SUB or EQUAL
FAIL: Goal = (-1, -1, -1)

_OPEN, _HOLDS, _FAILS, _DEEP = range(4)


class Forward(Exception):
    """A question met a definition or a bound that moc does not know yet where it asks."""


class Relation:
    """Questions about the types of one universe. stable: without loss (M0216), else with (M0170).

    Every rule is a conjunction, so a pair holds unless it leads to one that fails by itself. What a question leads to
    is looked at once, and settled then for all later questions.
    """

    def __init__(self, universe: Universe, *, stable: bool) -> None:
        self.universe = universe
        self.stable = stable
        self._numbers: dict[Goal, int] = {}  # by shapes
        self._states = bytearray()
        self._steps = 0  # of all questions asked in order

    def subtype(self, a: int, b: int) -> bool:
        """Answer a <: b. Raises Undecided."""
        return self._ask((a, b, SUB))

    def equal(self, a: int, b: int) -> bool:
        """Answer a = b. Raises Undecided."""
        return self._ask((a, b, EQUAL))

    def official(self, a: int, b: int) -> bool:
        """Answer a <: b as moc does. Raises Undecided.

        moc remembers the pairs that it was asked in an ordered set whose ordering takes any two `weak` types for equal:
        behind the first pair of them, every other one passes unseen. So the order of its questions counts.
        """
        return self.subtype(a, b) or (self.universe.has_weak and self.in_order((a, b, SUB)))

    def _ask(self, goal: Goal) -> bool:
        shape = self.universe.shape
        number = self._numbers.get((shape(goal[0]), shape(goal[1]), goal[2]))
        if number is None:
            number = self._settle(goal)
        if self._states[number] == _DEEP:
            raise Undecided(TOO_LARGE if len(self._states) > BUDGET else TOO_DEEP)
        return self._states[number] == _HOLDS

    def _settle(self, root: Goal) -> int:
        """Look at all that a goal leads to and was not looked at yet, in moc's order; return the goal's number."""
        universe, numbers, states = self.universe, self._numbers, self._states
        shape = universe.shape
        first = len(states)
        ways: list[tuple[int, int]] = []  # from a pair to one that rests on it
        failed: list[int] = []
        deep: list[int] = []
        todo: list[tuple[Goal, int, int]] = [(root, first, 1)]
        while todo:
            (a, b, mode), before, depth = todo.pop()
            key = (shape(a), shape(b), mode)
            number = numbers.get(key)
            if number is None:
                number = numbers[key] = len(states)
                states.append(_OPEN)
                goals: list[Goal] = []
                if number > BUDGET or depth > MAX_DEPTH:
                    deep.append(number)
                elif key[0] != key[1]:
                    depth += 1
                    try:
                        goals = self.rests_on(a, b, mode)
                    except Undecided:
                        deep.append(number)
                if FAIL in goals:
                    failed.append(number)
                else:
                    todo += [(goal, number, depth) for goal in reversed(goals)]
            if states[number] == _FAILS:
                failed.append(before)
            elif states[number] == _DEEP:
                deep.append(before)
            elif states[number] == _OPEN and number != before:
                ways.append((number, before))
        self._spread(first, ways, failed, deep)
        return first

    def _spread(self, first: int, ways: list[tuple[int, int]], failed: list[int], deep: list[int]) -> None:
        """Settle the pairs from `first` on: what rests on a failure fails, what is left of them holds."""
        states = self._states
        resting: dict[int, list[int]] = {}
        if failed or deep:
            for number, before in ways:
                resting.setdefault(number, []).append(before)
        for found, state in ((failed, _FAILS), (deep, _DEEP)):
            todo = found
            while todo:
                number = todo.pop()
                if states[number] == _OPEN:
                    states[number] = state
                    todo += resting.get(number, ())
        for number in range(first, len(states)):
            if states[number] == _OPEN:
                states[number] = _HOLDS

    def in_order(self, goal: Goal) -> bool:
        """Answer as moc does step by step, up to the first failure. Raises Undecided and Forward."""
        universe = self.universe
        asked: set[Goal] = set()
        todo: list[Goal] = [goal]
        while todo:
            a, b, mode = todo.pop()
            if a < 0:
                return False
            key = (universe.blurred(a), universe.blurred(b), mode)
            if key in asked:
                continue
            asked.add(key)
            self._steps += 1
            if self._steps > BUDGET:
                raise Undecided(TOO_LARGE)
            todo += reversed(self._one_step(a, b, mode))
        return True

    def _one_step(self, a: int, b: int, mode: int) -> list[Goal]:
        """Return what a pair rests on next: moc remembers each pair on the way to the unfolded types, too."""
        universe = self.universe
        if mode == EQUAL or universe.kinds[b] != Kind.ANY:
            unfolded = universe.step(a)
            if unfolded != a:
                return [(unfolded, b, mode)]
            unfolded = universe.step(b)
            if unfolded != b and (mode == EQUAL or universe.kinds[a] != Kind.NONE):
                return [(a, unfolded, mode)]
        return self._goals(a, b, mode)

    def rests_on(self, a: int, b: int, mode: int) -> list[Goal]:
        """Return what a pair of types rests on, FAIL alone where it cannot hold. Raises Undecided and Forward."""
        goals = self._goals(a, b, mode)
        return [FAIL] if FAIL in goals else goals

    def _goals(self, a: int, b: int, mode: int) -> list[Goal]:
        universe = self.universe
        kind = universe.kinds[a]
        if universe.kinds[b] == Kind.ANY and universe.labels[b] and mode == SUB and kind not in (Kind.VAR, Kind.TYPE):
            # moc unfolds `a` only when `b` is a reference, and a written `Any` is one: a computed one is met first.
            # With a name before it, a computed `None` comes first.
            first = (Kind.ANY, Kind.NONE) if universe.labels[b] == COMPUTED_ITEM else (Kind.ANY,)
            loses = self.stable and not (kind in first and universe.labels[a])
            return [FAIL] if loses else []
        return list(self.step(universe.expand(a), universe.expand(b), mode))

    def step(self, a: int, b: int, mode: int) -> Iterator[Goal]:
        """Yield what a pair of unfolded types rests on, in moc's order; FAIL where it cannot hold."""
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
        elif ka in (Kind.PARAM, Kind.CON):
            yield from self._abstract(a, b, mode)
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
            yield from _in_a_row(children[a], children[b], mode)
        elif ka == Kind.OBJECT:
            yield from self._object(a, b, mode)
        elif ka == Kind.VARIANT:
            yield from self._variant(a, b, mode)
        elif ka == Kind.FUNC:
            yield from self._function(a, b, mode)

    def _object(self, a: int, b: int, mode: int) -> Iterator[Goal]:
        labels = self.universe.labels
        if labels[a][0] != labels[b][0]:
            yield FAIL
            return
        keeps_all = mode == EQUAL or self.stable
        for x, y in self._aligned(a, b, 1):
            if x >= 0 and y >= 0:
                yield x, y, mode
            elif x < 0 or keeps_all:
                yield FAIL

    def _variant(self, a: int, b: int, mode: int) -> Iterator[Goal]:
        for x, y in self._aligned(a, b, 0):
            if x >= 0 and y >= 0:
                yield x, y, mode
            elif y < 0 or mode == EQUAL:
                yield FAIL

    def _aligned(self, a: int, b: int, first: int) -> Iterator[tuple[int, int]]:
        """Yield the fields or tags of both by name, -1 for one that is not there. first: labels that are no names."""
        labels, children = self.universe.labels, self.universe.children
        mine, theirs = labels[a][first:], labels[b][first:]
        if mine == theirs:
            yield from zip(children[a], children[b], strict=True)
            return
        left = dict(zip(mine, children[a], strict=True))
        right = dict(zip(theirs, children[b], strict=True))
        for name in sorted(left.keys() | right.keys(), key=field_order):
            yield left.get(name, -1), right.get(name, -1)

    def _function(self, a: int, b: int, mode: int) -> Iterator[Goal]:
        universe = self.universe
        (sort_a, promises_a, binder_a, params_a, count_a) = universe.labels[a]
        (sort_b, promises_b, binder_b, params_b, count_b) = universe.labels[b]
        ca, cb = universe.children[a], universe.children[b]
        if (sort_a, promises_a, params_a) != (sort_b, promises_b, params_b):
            yield FAIL
            return
        if binder_a >= 0 or binder_b >= 0:
            if min(binder_a, binder_b) < 0 or universe.scoped[binder_a] != universe.scoped[binder_b]:
                yield FAIL
                return
            scope, names = universe.opened(binder_b)
            ca = tuple([universe.substitute(c, binder_a, names, scope) for c in ca])
            cb = tuple([universe.substitute(c, binder_b, names, scope) for c in cb])
            yield from self._bounds(binder_a, scope, names)
        yield from _in_a_row(cb[:count_b], ca[:count_a], mode)
        yield from _in_a_row(ca[count_a:], cb[count_b:], mode)

    def _type_field(self, a: int, b: int) -> Iterator[Goal]:
        universe = self.universe
        (binder_a, params_a), (binder_b, params_b) = universe.labels[a], universe.labels[b]
        if params_a != params_b:
            yield FAIL
            return
        x, y = universe.children[a][0], universe.children[b][0]
        if params_a:
            scope, names = universe.opened(binder_b)
            x, y = universe.substitute(x, binder_a, names), universe.substitute(y, binder_b, names)
            yield from self._bounds(binder_a, scope, names)
        yield x, y, EQUAL

    def _bounds(self, binder: int, opened: int, names: tuple[int, ...]) -> Iterator[Goal]:
        """Yield the bounds of a binder beside those of the one that it was opened as."""
        universe = self.universe
        for x, y in zip(universe.bounds[opened], universe.bounds[binder], strict=True):
            yield x, universe.substitute(y, binder, names, opened), EQUAL

    def _abstract(self, a: int, b: int, mode: int) -> Iterator[Goal]:
        """Yield what a parameter rests on: it is itself, or what its bound is. A definition not known yet has none."""
        universe = self.universe
        if universe.kinds[a] == universe.kinds[b] and universe.labels[a] == universe.labels[b]:
            yield from ((x, y, EQUAL) for x, y in zip(universe.children[a], universe.children[b], strict=True))
        elif mode == EQUAL:
            yield FAIL
        elif universe.kinds[a] == Kind.CON:
            raise Forward
        else:
            binder, index = universe.labels[a]
            bound = universe.bounds[binder][index]
            if bound < 0:
                raise Forward
            yield bound, b, SUB


def _in_a_row(mine: tuple[int, ...], theirs: tuple[int, ...], mode: int) -> Iterator[Goal]:
    for x, y in zip(mine, theirs, strict=False):
        yield x, y, mode
    if len(mine) != len(theirs):
        yield FAIL
