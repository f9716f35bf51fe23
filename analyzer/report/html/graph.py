"""The part of the type graph that matters, as data: what changed, and each way from a surface to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.model import RANK, Surface, Verdict, worst
from analyzer.report.drawing import cells
from analyzer.report.html.card import DRAWING
from analyzer.report.words import clean, path_text, step_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.compare.versions import Canister
    from analyzer.model import Occurrence, Step
    from analyzer.report.block import Block

MAX_ROOTS = 20  # of each lane
MAX_CHANGES = 30


class Way(NamedTuple):
    """From a root to a change. via: the steps between them, folded to fit. whole: all steps, for who points at it."""

    via: str
    change: int
    verdict: Verdict
    whole: str


class Root(NamedTuple):
    """A variable or a method, and the ways from it."""

    name: str
    ways: tuple[Way, ...]


class Lane(NamedTuple):
    """One surface. left_out: roots that are not drawn. unchanged: variables or methods that nothing here concerns."""

    surface: Surface
    roots: tuple[Root, ...]
    left_out: int
    unchanged: int


def lane(canister: Canister, surface: Surface, shown: Sequence[Block], room: int) -> Lane:
    """Return the ways from a surface to the changes that are shown. room: columns for the steps between."""
    ways: dict[str, dict[tuple[str, int, Verdict], Way]] = {}
    for change, block in enumerate(shown):
        for edit in block.edits:
            for o in edit.occurrences if edit.surface == surface else ():
                if o.root:
                    way = _way(o, change, room)
                    ways.setdefault(o.root, {}).setdefault((way.via, way.change, way.verdict), way)
    roots = [Root(clean(name, 60), tuple(found.values())) for name, found in ways.items()]
    kept = sorted(roots, key=lambda root: -max(RANK[way.verdict] for way in root.ways))[:MAX_ROOTS]
    # Beside what they lead to, so that few lines cross.
    kept.sort(key=lambda root: sum(way.change for way in root.ways) / len(root.ways))
    concerned = {o.root for edit in canister.edits if edit.surface == surface for o in edit.occurrences}
    return Lane(surface, tuple(kept), len(roots) - len(kept), len(_offered(canister, surface) - concerned))


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
