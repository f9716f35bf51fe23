"""Greatest lower and least upper bounds of two types, as moc's `combine` finds them."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, NamedTuple

from analyzer.motoko.names import field_order
from analyzer.motoko.relation import EQUAL, SUB, Forward, Relation
from analyzer.motoko.types import COMPUTED, Kind
from analyzer.motoko.universe import TOO_LARGE, Undecided

if TYPE_CHECKING:
    from analyzer.motoko.universe import Universe

BUDGET = 20_000  # pairs of types that are combined in one text; each asks whether two types are the same

NONE_AT_ALL = -1  # of mutable parts and of type fields that differ


class Ask(NamedTuple):
    """A question that another rests on. lub: whether the least upper bound is asked for, else the greatest lower."""

    lub: bool
    a: int
    b: int


Steps = Generator[Ask, int, int]


class Bounds:
    """Bounds of the types of one universe, which gets the results as new nodes.

    knots: binders of results that are referred to; their bodies are in the universe.
    """

    def __init__(self, universe: Universe) -> None:
        self.universe = universe
        self.knots: dict[int, None] = {}
        self._relation = Relation(universe, stable=False)
        self._memo: dict[bool, dict[tuple[int, int], int]] = {}
        self._made: dict[int, int] = {}  # references to results, and their binders
        self._asked = 0

    def combine(self, a: int, b: int, *, lub: bool) -> int:
        """Return the bound. Raises Forward where it needs a definition that is not known yet, and Undecided."""
        self._memo = {False: {}, True: {}}
        stack = [self._steps(Ask(lub, a, b))]
        answer = NONE_AT_ALL
        fresh = True
        while stack:
            try:
                ask = next(stack[-1]) if fresh else stack[-1].send(answer)
            except StopIteration as done:
                stack.pop()
                answer, fresh = done.value, False
                continue
            self._asked += 1
            if self._asked > BUDGET:
                raise Undecided(TOO_LARGE)
            stack.append(self._steps(ask))
            fresh = True
        return answer

    def _holds(self, a: int, b: int, mode: int) -> bool:
        return self._relation.in_order((a, b, mode))

    def _remember(self, ask: Ask, result: int) -> int:
        memo, (a, b) = self._memo[ask.lub], (self.universe.blurred(ask.a), self.universe.blurred(ask.b))
        memo[a, b] = memo[b, a] = result
        return result

    def _end(self, ask: Ask) -> int:
        """Return what is above or below everything."""
        return self.universe.add(Kind.ANY if ask.lub else Kind.NONE, COMPUTED, ())

    def _steps(self, ask: Ask) -> Steps:  # noqa: PLR0911 - moc's table, in its order
        """Answer one question, yielding those that it rests on."""
        universe = self.universe
        lub, a, b = ask
        known = self._memo[lub].get((universe.blurred(a), universe.blurred(b)))
        if a == b:
            return a
        if known is not None:
            if known in self._made:
                self.knots.setdefault(self._made[known])
            return known
        if self._holds(a, b, EQUAL):
            return self._remember(ask, b if self._is_reference(b) else a)
        kinds, labels, children = universe.kinds, universe.labels, universe.children
        ka, kb = kinds[a], kinds[b]
        for x, y in ((a, b), (b, a)):
            if kinds[x] in (Kind.VAR, Kind.TYPE):
                return NONE_AT_ALL
            if kinds[x] in (Kind.ANY, Kind.NONE) and labels[x]:
                return x if (kinds[x] == Kind.ANY) == lub else y
        if ka == kb in (Kind.OPTION, Kind.WEAK, Kind.ARRAY):
            inner = yield Ask(lub, children[a][0], children[b][0])
            return self._end(ask) if inner == NONE_AT_ALL else universe.add(ka, (), (inner,))
        if ka == kb == Kind.ASYNC and labels[a] == labels[b]:
            inner = yield Ask(lub, children[a][0], children[b][0])
            return universe.add(ka, labels[a], (inner,))
        if ka == kb == Kind.VARIANT or (ka == kb == Kind.OBJECT and labels[a][0] == labels[b][0]):
            return (yield from self._aligned(ask))
        if ka == kb == Kind.TUPLE and len(children[a]) == len(children[b]):
            items = []
            for x, y in zip(children[a], children[b], strict=True):
                items.append((yield Ask(lub, x, y)))
            return universe.add(ka, (), tuple(items))
        if ka == kb == Kind.FUNC and self._same_outline(a, b):
            return (yield from self._function(ask))
        if not {ka, kb} & {Kind.CON, Kind.PARAM, Kind.PRIM, Kind.ANY, Kind.NONE}:
            return self._end(ask)
        if self._holds(a, b, SUB):
            return self._remember(ask, b if lub else a)
        if self._holds(b, a, SUB):
            return self._remember(ask, a if lub else b)
        return (yield from self._unfolded(ask))

    def _is_reference(self, node: int) -> bool:
        """Answer whether moc has a name here; what is written `Nat` or `Any` is one, too."""
        kind = self.universe.kinds[node]
        named = kind in (Kind.CON, Kind.PARAM, Kind.PRIM)
        return named or (kind in (Kind.ANY, Kind.NONE) and not self.universe.labels[node])

    def _unfolded(self, ask: Ask) -> Steps:
        """Combine what two references stand for.

        What asks for the two again, inside or later, gets a reference to the result.
        """
        universe = self.universe
        binder = universe.definition("")
        knot = universe.add(Kind.CON, (binder,), ())
        self._made[knot] = binder
        self._remember(ask, knot)
        heads = [self._head(node, lub=ask.lub) for node in (ask.a, ask.b)]
        if Kind.PRIM in (universe.kinds[heads[0]], universe.kinds[heads[1]]):
            result = self._end(ask)
        else:
            result = yield Ask(ask.lub, *heads)
        if result == knot:  # a parameter, of which nothing more is known
            self.knots.pop(binder, None)
            result = self._end(ask)
        universe.bodies[binder] = result
        return result

    def _head(self, node: int, *, lub: bool) -> int:
        """Return what a type stands for. Of a parameter, upwards that is its bound, downwards the parameter itself."""
        universe = self.universe
        head = universe.expand(node)
        while lub and universe.kinds[head] in (Kind.PARAM, Kind.CON):
            bound = -1
            if universe.kinds[head] == Kind.PARAM:
                binder, index = universe.labels[head]
                bound = universe.bounds[binder][index]
            if bound < 0:
                raise Forward
            head = universe.expand(bound)
        return head

    def _aligned(self, ask: Ask) -> Steps:
        """Combine two objects, of whose fields the lower has all, or two variants, of whose tags the upper has all."""
        universe = self.universe
        kind = universe.kinds[ask.a]
        first = 1 if kind == Kind.OBJECT else 0
        mine, theirs = (
            dict(zip(universe.labels[node][first:], universe.children[node], strict=True)) for node in (ask.a, ask.b)
        )
        keeps_all = ask.lub == (kind == Kind.VARIANT)
        found: dict[str, int] = {}
        for name in sorted(mine.keys() | theirs.keys(), key=field_order):
            if name in mine and name in theirs:
                inner = yield Ask(ask.lub, mine[name], theirs[name])
                if inner != NONE_AT_ALL:
                    found[name] = inner
                elif not ask.lub:
                    return self._end(ask)
            elif keeps_all:
                found[name] = mine[name] if name in mine else theirs[name]
        order = sorted(found, key=field_order)
        labels = (*universe.labels[ask.a][:first], *order)
        return universe.add(kind, labels, tuple([found[name] for name in order]))

    def _same_outline(self, a: int, b: int) -> bool:
        universe = self.universe
        (sort_a, promises_a, binder_a, params_a, count_a) = universe.labels[a]
        (sort_b, promises_b, binder_b, params_b, count_b) = universe.labels[b]
        results = len(universe.children[a]) - count_a, len(universe.children[b]) - count_b
        if (sort_a, promises_a, params_a, count_a) != (sort_b, promises_b, params_b, count_b) or results[0] != results[
            1
        ]:
            return False
        if binder_a < 0 or binder_b < 0:
            return bool(binder_a == binder_b)
        if universe.scoped[binder_a] != universe.scoped[binder_b]:
            return False
        made, names = universe.opened(binder_b)
        mine = [universe.substitute(bound, binder_a, names, made) for bound in universe.bounds[binder_a]]
        return all(self._holds(y, x, EQUAL) for x, y in zip(mine, universe.bounds[made], strict=True))

    def _function(self, ask: Ask) -> Steps:
        """Combine two functions: arguments the other way round."""
        universe = self.universe
        labels = universe.labels[ask.a]
        mine, theirs = universe.children[ask.a], universe.children[ask.b]
        own, other = labels[2], universe.labels[ask.b][2]
        if own >= 0:
            made, names = universe.opened(own)
            mine = tuple([universe.substitute(child, own, names, made) for child in mine])
            theirs = tuple([universe.substitute(child, other, names, made) for child in theirs])
            labels = (*labels[:2], made, *labels[3:])
        found = []
        for i, (x, y) in enumerate(zip(mine, theirs, strict=True)):
            found.append((yield Ask(ask.lub if i >= labels[4] else not ask.lub, x, y)))
        return universe.add(Kind.FUNC, labels, tuple(found))
