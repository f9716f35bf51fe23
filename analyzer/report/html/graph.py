"""The part of the type graph that matters, as data: what changed, and each way from a surface to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.model import RANK, Surface, Verdict, worst
from analyzer.report.block import blocks
from analyzer.report.drawing import cells
from analyzer.report.html.card import DRAWING
from analyzer.report.words import clean, path_text, step_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.compare.versions import Canister
    from analyzer.model import Occurrence, Step
    from analyzer.report.block import Block

_ROOTS = 20  # of each lane
_CHANGES = 30
_WAYS = 40  # more than so many lines cannot be told apart
_NAMED = 30  # roots that are named where several are drawn as one


class Way(NamedTuple):
    """From a root to a change. via: the steps between them, folded to fit. whole: all steps, for who points at it."""

    via: str
    change: int
    verdict: Verdict
    whole: str


class Root(NamedTuple):
    """A variable or a method, or several that meet the same, and the ways from there."""

    names: tuple[str, ...]
    ways: tuple[Way, ...]


class Lane(NamedTuple):
    """One surface. left_out: roots that are not drawn. unchanged: roots of the new version that nothing concerns."""

    surface: Surface
    roots: tuple[Root, ...]
    left_out: int
    unchanged: int


class Graph(NamedTuple):
    """What is drawn. left_out: changes that are not."""

    changes: tuple[Block, ...]
    left_out: int
    lanes: tuple[Lane, ...]


def graph(canister: Canister, room: int) -> Graph:
    """Return what matters of a canister's types. room: columns for the steps between a root and a change.

    Where there is too much for a picture, what is safe is left out and roots that meet the same become one.
    """
    found = blocks(canister.edits)
    every = {surface: _ways(found, surface, room) for surface in Surface}
    crowded = len(found) > _CHANGES or sum(len(ways) for of in every.values() for ways in of.values()) > _WAYS
    if crowded:
        found = [block for block in found if block.verdict != Verdict.SAFE][:_CHANGES] or found[:_CHANGES]
        unsafe = any(block.verdict != Verdict.SAFE for block in found)
        every = {surface: _worst(_ways(found, surface, room), unsafe=unsafe) for surface in Surface}
    lanes = tuple(_lane(canister, surface, ways, crowded=crowded) for surface, ways in every.items())
    return Graph(tuple(found), len(blocks(canister.edits)) - len(found), tuple(one for one in lanes if one.roots))


def _ways(changes: Sequence[Block], surface: Surface, room: int) -> dict[str, tuple[Way, ...]]:
    """Return the ways from each root of a surface to the changes."""
    ways: dict[str, dict[tuple[str, int, Verdict], Way]] = {}
    for change, block in enumerate(changes):
        for edit in block.edits:
            for o in edit.occurrences if edit.surface == surface else ():
                if o.root:
                    way = _way(o, change, room)
                    ways.setdefault(o.root, {}).setdefault((way.via, way.change, way.verdict), way)
    return {root: tuple(found.values()) for root, found in ways.items()}


def _worst(ways: dict[str, tuple[Way, ...]], *, unsafe: bool) -> dict[str, tuple[Way, ...]]:
    """Return of each root the worst way to each change; unsafe: of those that are not safe alone."""
    kept: dict[str, tuple[Way, ...]] = {}
    for root, of_root in ways.items():
        to: dict[int, Way] = {}
        for way in sorted(of_root, key=lambda way: -RANK[way.verdict]):
            if way.verdict != Verdict.SAFE or not unsafe:
                to.setdefault(way.change, way)
        if to:
            kept[root] = tuple(to.values())
    return kept


def _lane(canister: Canister, surface: Surface, ways: dict[str, tuple[Way, ...]], *, crowded: bool) -> Lane:
    alike: dict[object, list[str]] = {}
    for name, of_root in ways.items():
        alike.setdefault(frozenset((way.change, way.verdict) for way in of_root) if crowded else name, []).append(name)
    roots = [_root(names, ways[names[0]], crowded=crowded) for names in alike.values()]
    kept = sorted(roots, key=lambda root: -RANK[worst_of(root)])[:_ROOTS]
    # Beside what they lead to, so that few lines cross.
    kept.sort(key=lambda root: sum(way.change for way in root.ways) / len(root.ways))
    concerned = {o.root for edit in canister.edits if edit.surface == surface for o in edit.occurrences}
    left_out = len(concerned - {""}) - sum(len(root.names) for root in kept)
    # Of what was counted and not kept nobody knows whom it concerns.
    omitted = any(report.omitted for report in canister.surfaces if report.surface == surface)
    unchanged = 0 if omitted else len(_offered(canister, surface) - concerned)
    return Lane(surface, tuple(kept), left_out, unchanged)


def _root(names: list[str], ways: tuple[Way, ...], *, crowded: bool) -> Root:
    if crowded:
        # One line for all its ways, which then share what is said between.
        via = ways[0].via if len(names) == 1 and len(ways) == 1 else ""
        ways = tuple(way._replace(via=via) for way in ways)
    if len(names) > 1:
        several = ", ".join(clean(name, 60) for name in names[:_NAMED])
        ways = tuple(way._replace(whole=f"{several}: {way.verdict}") for way in ways)
    return Root(tuple(clean(name, 60) for name in names), ways)


def _way(occurrence: Occurrence, change: int, room: int) -> Way:
    whole = f"{path_text(occurrence.root, occurrence.path)}: {occurrence.verdict} {occurrence.rule or ''}"
    return Way(_folded(occurrence.path[:-1], room), change, occurrence.verdict, whole)


def _folded(steps: Sequence[Step], room: int) -> str:
    """Return steps as text that fits; those in the middle become a count."""
    if not steps:
        return ""
    named = [step_text(step) for step in steps]
    count = sum((step.index or 1) if step.kind == "elided" else 1 for step in steps)
    several = f"{count} step{'s' if count > 1 else ''}"
    forms = [named, [several]]
    if len(named) > 2:  # noqa: PLR2004 - the first, the last and what lies between
        forms[1:1] = [[named[0], f"{count - 2} more", named[-1]], [f"{count - 1} steps", named[-1]]]
    separated = [DRAWING.separator.join(form) for form in forms]
    return next((text for text in separated if cells(text) <= room), several)


def _offered(canister: Canister, surface: Surface) -> set[str]:
    """Return the variables or methods of the new version by name."""
    new = canister.new
    if new is None:
        return set()
    if surface == Surface.STABLE:
        return {field.name for field in new.stable.post} if new.stable is not None else set()
    if new.candid is None or new.candid.service < 0:
        return set()
    return {str(name) for name in new.candid.table.labels[new.candid.service]}


def ports(lane: Lane, change: int) -> list[Verdict]:
    """Return the verdicts with which a lane's ways arrive at a change, worst first."""
    found = {way.verdict for root in lane.roots for way in root.ways if way.change == change}
    return sorted(found, key=lambda verdict: -RANK[verdict])


def worst_of(root: Root) -> Verdict:
    """Return the worst that a root meets."""
    return worst([way.verdict for way in root.ways])
