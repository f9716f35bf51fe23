"""Compute `A and B` (greatest lower bound) and `A or B` (least upper bound), which moc reads and never prints.

What moc would need more than structure for (references that come later or lead back, very deep types) is left undecided.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from analyzer.motoko.relation import EQUAL, FAIL, SUB, Relation
from analyzer.motoko.types import Kind
from analyzer.motoko.universe import Universe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.motoko.relation import Goal
    from analyzer.motoko.types import StableSignature

MAX_DEPTH = 150


class _TooEarly(Exception):
    """The answer rests on a definition that moc does not know yet: an error to moc (M0168)."""


class _Partial(Relation):
    """The relation while definitions are still being read: those that come later are names without a meaning."""

    def step(self, a: int, b: int, mode: int) -> Iterator[Goal]:
        kinds, labels, children = self.universe.kinds, self.universe.labels, self.universe.children
        if Kind.CON not in (kinds[a], kinds[b]) or (kinds[b] == Kind.ANY and mode == SUB):
            yield from super().step(a, b, mode)
        elif kinds[a] == kinds[b] and labels[a] == labels[b]:
            yield from ((x, y, EQUAL) for x, y in zip(children[a], children[b], strict=True))
        elif mode == EQUAL:
            yield FAIL
        elif kinds[a] == Kind.NONE:
            return
        else:
            raise _TooEarly


class _Unsure(Exception):
    """moc's answer depends on more than is computed here."""


class _Mismatch(Exception):
    """Mutable and immutable parts have no common bound."""


def combine_types(signature: StableSignature) -> None:
    """Turn every AND and OR node into the type that it stands for; where that is not sure, say so in `unsure`."""
    table = signature.table
    todo = [node for node, kind in enumerate(table.kinds) if kind in (Kind.AND, Kind.OR)]
    if not todo:
        return
    starts = [definition.span[0] for definition in signature.definitions]
    try:
        for node in todo:
            at = table.spans[node][0]
            inside = bisect_right(starts, at) - 1
            past_all = not signature.definitions or at >= signature.definitions[-1].span[1]
            try:
                _Combination(signature, len(starts) if past_all else inside).replace(node)
            except _TooEarly:
                what = "`and` and `or` cannot be computed from types that are defined later or by themselves"
                signature.sources.fail(at, what, "M0168", hint="move the definitions that they name above them")
    except _Unsure:
        signature.unsure = "it uses `and` or `or` on types that only moc can compute"
        for node in todo:
            if table.kinds[node] in (Kind.AND, Kind.OR):
                table.kinds[node], table.labels[node], table.children[node] = Kind.NONE, (), ()


class _Combination:
    """One `and` or `or`. defined: how many definitions come before the one that it is in."""

    def __init__(self, signature: StableSignature, defined: int) -> None:
        self.signature = signature
        self.table = signature.table
        self.defined = defined

    def replace(self, node: int) -> None:
        table = self.table
        self._refuse_hard(table.children[node])
        self._look_again()
        left, right = table.children[node]
        result = self._combine(table.kinds[node] == Kind.OR, left, right, 0)
        table.kinds[node], table.labels[node], table.children[node] = (
            table.kinds[result],
            table.labels[result],
            table.children[result],
        )
        table.members[node] = table.members[result]

    def _refuse_hard(self, roots: tuple[int, ...]) -> None:
        """Give up on what is more than structure: parameters and generic functions."""
        table = self.table
        seen: set[int] = set()
        todo = list(roots)
        while todo:
            node = todo.pop()
            if node in seen:
                continue
            seen.add(node)
            kind = table.kinds[node]
            if kind in (Kind.AND, Kind.OR, Kind.PARAM):
                raise _Unsure
            if kind == Kind.FUNC and table.labels[node][3]:
                raise _Unsure
            if kind == Kind.CON:
                if table.children[node]:
                    raise _Unsure
                if table.labels[node][0] < self.defined:
                    todo.append(self.signature.definitions[table.labels[node][0]].node)
            todo += table.children[node]

    def _add(self, kind: int, labels: tuple[Any, ...], children: tuple[int, ...], like: int) -> int:
        table = self.table
        node = table.add(kind, labels, children, table.spans[like], tuple([table.spans[c] for c in children]))
        self._look_again()
        return node

    def _look_again(self) -> None:
        """Take up the table as it is now."""
        self.universe = Universe(self.signature)
        self.universe.opaque_from = self.defined
        self.relation = _Partial(self.universe, stable=False)

    def _combine(self, lub: bool, a: int, b: int, depth: int) -> int:  # noqa: FBT001, C901, PLR0911, PLR0912 - moc's table, in its order
        if depth > MAX_DEPTH:
            raise _Unsure
        table, relation = self.table, self.relation
        if relation.equal(a, b):
            return b if table.kinds[b] == Kind.CON else a
        ka, kb = table.kinds[a], table.kinds[b]
        if Kind.VAR in (ka, kb) or Kind.TYPE in (ka, kb):
            raise _Mismatch
        if Kind.ANY in (ka, kb):
            top, other = (a, b) if ka == Kind.ANY else (b, a)
            return top if lub else other
        if Kind.NONE in (ka, kb):
            bottom, other = (a, b) if ka == Kind.NONE else (b, a)
            return other if lub else bottom
        if Kind.CON in (ka, kb):
            if relation.subtype(a, b):
                return b if lub else a
            if relation.subtype(b, a):
                return a if lub else b
            heads = self._head(a), self._head(b)
            if Kind.CON in (table.kinds[heads[0]], table.kinds[heads[1]]):
                raise _TooEarly
            return self._combine(lub, *heads, depth + 1)
        ends = (Kind.ANY if lub else Kind.NONE, (), (), a)
        names = {table.labels[a], table.labels[b]}
        if ka == kb == Kind.PRIM and names == {("Nat",), ("Int",)}:
            return a if (table.labels[a] == ("Int",)) == lub else b
        if {ka, kb} == {Kind.OPTION, Kind.PRIM} and ("Null",) in names:
            return a if (ka == Kind.OPTION) == lub else b
        if ka != kb:
            return self._add(*ends)
        ca, cb = table.children[a], table.children[b]
        if ka in (Kind.OPTION, Kind.WEAK):
            return self._add(ka, (), (self._combine(lub, ca[0], cb[0], depth + 1),), a)
        if ka == Kind.ARRAY:
            try:
                return self._add(ka, (), (self._combine(lub, ca[0], cb[0], depth + 1),), a)
            except _Mismatch:
                return self._add(*ends)
        if ka == Kind.TUPLE and len(ca) == len(cb):
            return self._add(
                ka, (), tuple([self._combine(lub, x, y, depth + 1) for x, y in zip(ca, cb, strict=True)]), a
            )
        if ka == Kind.VARIANT:
            return self._add(ka, *self._tags(lub, a, b, depth), a)
        if ka == Kind.OBJECT and table.labels[a][0] == table.labels[b][0]:
            try:
                return self._add(ka, *self._fields(lub, a, b, depth), a)
            except _Mismatch:
                return self._add(Kind.NONE, (), (), a)
        if ka == Kind.FUNC and table.labels[a] == table.labels[b] and len(ca) == len(cb):
            count = table.labels[a][4]
            arguments = [self._combine(not lub, x, y, depth + 1) for x, y in zip(ca[:count], cb[:count], strict=True)]
            results = [self._combine(lub, x, y, depth + 1) for x, y in zip(ca[count:], cb[count:], strict=True)]
            return self._add(ka, table.labels[a], (*arguments, *results), a)
        if ka == Kind.ASYNC and table.labels[a] == table.labels[b]:
            return self._add(ka, table.labels[a], (self._combine(lub, ca[0], cb[0], depth + 1),), a)
        return self._add(*ends)

    def _head(self, node: int) -> int:
        """Return the type behind references; they have no arguments here, so it is a node of the table."""
        return self.universe.expand(node)

    def _tags(self, lub: bool, a: int, b: int, depth: int) -> tuple[tuple[str, ...], tuple[int, ...]]:  # noqa: FBT001
        mine, theirs = self._named(a, 0), self._named(b, 0)
        both = {t: self._combine(lub, n, theirs[t], depth + 1) for t, n in mine.items() if t in theirs}
        if lub:
            both = {**mine, **theirs, **both}
        order = sorted(both)
        return tuple(order), tuple(both[t] for t in order)

    def _fields(self, lub: bool, a: int, b: int, depth: int) -> tuple[tuple[str, ...], tuple[int, ...]]:  # noqa: FBT001
        mine, theirs = self._named(a, 1), self._named(b, 1)
        both: dict[str, int] = {}
        for name, node in mine.items():
            if name in theirs:
                try:
                    both[name] = self._combine(lub, node, theirs[name], depth + 1)
                except _Mismatch:
                    if not lub:
                        raise
        if not lub:
            both = {**mine, **theirs, **both}
        order = sorted(both)
        return (self.table.labels[a][0], *order), tuple(both[name] for name in order)

    def _named(self, node: int, first: int) -> dict[str, int]:
        return dict(zip(self.table.labels[node][first:], self.table.children[node], strict=True))
