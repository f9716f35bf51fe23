"""Compute `A and B` (greatest lower bound) and `A or B` (least upper bound), which moc reads and never prints.

As moc does, in its order and with its surprises: it computes them while it reads the definitions, one after the other,
so a type that is defined later, or that is being defined, must not be needed (M0168).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from analyzer.motoko.bounds import Bounds
from analyzer.motoko.export import export
from analyzer.motoko.relation import Forward
from analyzer.motoko.types import COMPUTED, COMPUTED_ITEM, Definition, Kind
from analyzer.motoko.universe import Undecided, Universe, binder_of, with_binder

if TYPE_CHECKING:
    from typing import Any

    from analyzer.motoko.types import StableSignature


def combine_types(signature: StableSignature, items: set[int]) -> list[int]:
    """Turn every AND and OR node into the type that it stands for, and return them. Raises ParseError.

    items: nodes with a name before them. Where it takes too long, `unsure` says so.
    """
    table = signature.table
    todo = [node for node, kind in enumerate(table.kinds) if kind in (Kind.AND, Kind.OR)]
    if not todo:
        return []
    reading = _Reading(signature)
    try:
        for node in todo:
            reading.replace(node)
    except Undecided as why:
        signature.unsure = f"{why}, where it says `and` or `or`"
        for node in todo:
            if table.kinds[node] in (Kind.AND, Kind.OR):
                table.kinds[node], table.labels[node], table.children[node] = Kind.ANY, (), ()
        return todo
    reading.finish(items)
    return todo


class _Reading:
    """A signature as far as moc has read it when it comes to an `and` or `or`."""

    def __init__(self, signature: StableSignature) -> None:
        self.signature = signature
        self.universe = Universe(signature)
        self.bounds = Bounds(self.universe)
        self._bodies = [definition.node for definition in signature.definitions]
        self._ends = [definition.span[1] for definition in signature.definitions]
        self._results: dict[int, int] = {}
        self.universe.bodies[: len(self._bodies)] = [-1] * len(self._bodies)
        self._binders = sorted((b.span, i) for i, b in enumerate(signature.binders) if b.names)
        self._around = _enclosing([span for span, _ in self._binders])

    def replace(self, node: int) -> None:
        """Compute one node and put the result in its place."""
        universe, table = self.universe, self.signature.table
        offset = table.spans[node][0]
        known = bisect_right(self._ends, offset)
        universe.bodies[:known] = self._bodies[:known]
        open_binders = self._being_read(offset)
        all_bounds = [universe.bounds[number] for number in open_binders]
        for number, bounds in zip(open_binders, all_bounds, strict=True):
            universe.bounds[number] = (-1,) * len(bounds)
        left, right = universe.children[node]
        try:
            result = self.bounds.combine(left, right, lub=universe.kinds[node] == Kind.OR)
        except Forward:
            what = "`and` and `or` cannot be computed from types that are defined later or by themselves"
            hint = "move the definitions that they name above them"
            self.signature.sources.fail(offset, what, "M0168", hint=hint)
        for number, bounds in zip(open_binders, all_bounds, strict=True):
            universe.bounds[number] = bounds
        self._results[node] = result
        universe.kinds[node] = universe.kinds[result]
        universe.labels[node] = universe.labels[result]
        universe.children[node] = universe.children[result]

    def _being_read(self, offset: int) -> list[int]:
        """Return the binders among whose parameters an offset is."""
        found = []
        at = bisect_right(self._binders, ((offset, 1 << 62), 0)) - 1
        while at >= 0:
            span, number = self._binders[at]
            if offset < span[1]:
                found.append(number)
            at = self._around[at]
        return found

    def finish(self, items: set[int]) -> None:
        """Take the results over into the signature."""
        signature, universe = self.signature, self.universe
        table = signature.table
        universe.bodies[: len(self._bodies)] = self._bodies
        export(universe, signature)
        for node, result in self._results.items():
            table.kinds[node] = universe.kinds[node]
            table.labels[node] = universe.labels[node]
            table.children[node] = universe.children[node]
            table.members[node] = table.members[result]
            table.names[node] = ()
            if node in items and table.kinds[node] == Kind.ANY and table.labels[node] == COMPUTED:
                table.labels[node] = COMPUTED_ITEM
        if self.bounds.knots:
            self._define()

    def _define(self) -> None:
        """Make definitions of the results that are referred to; definitions come before all other binders."""
        signature, universe = self.signature, self.universe
        count = len(signature.definitions)
        taken = {definition.name for definition in signature.definitions}
        knots = list(self.bounds.knots)
        rest = [number for number in range(count, len(signature.binders)) if number not in self.bounds.knots]
        order = [*range(count), *knots, *rest]
        numbers = {number: i for i, number in enumerate(order)}
        signature.binders = [signature.binders[number] for number in order]
        table = signature.table
        table.labels = [_relabelled(k, labels, numbers) for k, labels in zip(table.kinds, table.labels, strict=True)]
        where = (0, 0) if not self._results else table.spans[next(iter(self._results))]
        for i, knot in enumerate(knots):
            name = f"Combined{i + 1}"
            while name in taken:
                name += "_"
            taken.add(name)
            signature.definitions.append(Definition(name, universe.bodies[knot], where))


def _relabelled(kind: int, labels: tuple[Any, ...], numbers: dict[int, int]) -> tuple[Any, ...]:
    """Return a node's labels with its binders renumbered."""
    if kind == Kind.CON:
        return (numbers[labels[0]],)
    if kind == Kind.PARAM:
        return (numbers[labels[0]], labels[1])
    if kind == Kind.ASYNC and labels[1] >= 0:
        return (labels[0], numbers[labels[1]])
    own = binder_of(kind, labels)
    return with_binder(kind, labels, numbers[own]) if own >= 0 else labels


def _enclosing(spans: list[tuple[int, int]]) -> list[int]:
    """Return, of each of some sorted spans that nest, which of them is the next around it, -1 where none is."""
    around: list[int] = []
    inside: list[int] = []
    for i, (start, _) in enumerate(spans):
        while inside and spans[inside[-1]][1] <= start:
            inside.pop()
        around.append(inside[-1] if inside else -1)
        inside.append(i)
    return around
