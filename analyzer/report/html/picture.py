"""The picture: stored data at the left, clients at the right, what changed between them, and the ways to it.

Lines are told apart by colour, by width and dashes, and by the sign where they arrive.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from analyzer.model import Surface, Verdict
from analyzer.report.drawing import shortened
from analyzer.report.html.card import DRAWING, card_id, edit_ids
from analyzer.report.html.element import Element, Node, element
from analyzer.report.html.graph import Graph, Lane, Root, Way, graph, ports
from analyzer.report.words import clean, step_text, title, totals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analyzer.compare.versions import Canister
    from analyzer.report.block import Block

# In units of the picture, which are CSS pixels where there is room.
_ROOT, _VIA, _GAP, _CHANGE = 172, 168, 64, 270
_BETWEEN = 10  # a root and its steps
_ROW = 30
_BOX = 24
_PORT = 19
_TOP = 34  # for the names of the lanes
_NAMED = 30  # roots that are named where several are drawn as one
_LETTER, _SMALL = 7.3, 6.7  # widths of a letter, at most
_NAMES = {Surface.STABLE: ("State", "variable"), Surface.CANDID: ("Clients", "method")}


class Side(NamedTuple):
    """Where a lane stands. at: its outer edge. way: 1 from left to right, -1 from right to left."""

    lane: Lane
    at: float
    way: int

    def x(self, distance: float) -> float:
        """Return the place so far from the outer edge."""
        return self.at + self.way * distance

    def left(self, distance: float, width: float) -> float:
        """Return the left edge of a box that begins so far from the outer edge."""
        return self.x(distance) if self.way == 1 else self.x(distance) - width


class Spot(NamedTuple):
    """Where a change stands: its middle and its height."""

    y: float
    height: float


def picture(canister: Canister, number: int, linked: set[str]) -> Element | None:
    """Return the picture of a canister; None where there is nothing to see.

    number: of the canister in the page. linked: the changes that have a card.
    """
    seen = graph(canister, int(_VIA / _SMALL))
    lanes = seen.lanes
    if not lanes:
        return None
    inner = _ROOT + _BETWEEN + _VIA + _GAP
    change = _CHANGE if len(lanes) > 1 else _CHANGE + 110
    width = inner + change + (inner if len(lanes) > 1 else 0)
    sides = [Side(one, *place) for one, place in zip(lanes, ((0, 1), (width, -1)), strict=False)]
    spots = _spots(seen)
    height = spots[-1].y + spots[-1].height / 2 + 6
    names = (f"picture-{number}", f"picture-{number}-text")
    drawn = element(
        "svg",
        element("title", f"What changed in {clean(canister.name)}, and the ways to it", id=names[0]),
        element("desc", _told(canister, seen), id=names[1]),
        *(line for side in sides for line in _lane(side, seen, spots, height)),
        _text(inner + change / 2, 16, "Changes", "lane", "middle"),
        *(_change(block, spot, inner, change, linked) for block, spot in zip(seen.changes, spots, strict=False)),
        _left_out(seen, spots[-1], inner, change) if seen.left_out else None,
        *(port for side in sides for port in _ports(side, spots, inner)),
        viewBox=f"-2 0 {width + 4} {height:g}",
        width=width + 4,
        height=f"{height:g}",
        role="group",
        aria_labelledby=" ".join(names),
    )
    label = f"picture of {clean(canister.name)}"
    return element("div", drawn, class_="scroll picture", tabindex=0, role="region", aria_label=label)


def _told(canister: Canister, seen: Graph) -> str:
    """Return in words what the picture shows; the table has all of it."""
    reached = ", ".join(
        f"{_count(sum(len(root.names) for root in one.roots) + one.left_out, _NAMES[one.surface][1])} concerned, "
        f"{one.unchanged} not"
        for one in seen.lanes
    )
    return f"{totals(canister.edits)}; {reached}. The table of all changes says the same."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _spots(seen: Graph) -> list[Spot]:
    """Return where the changes stand, and as the last one what is said of those left out, spread over the height."""
    heights = [
        max(44, *(len(ports(one, change)) * _PORT + 8 for one in seen.lanes)) for change in range(len(seen.changes))
    ]
    if seen.left_out:
        heights.append(_BOX)
    highest = max(sum(heights) + 12 * len(heights), *map(_lane_height, seen.lanes))
    spare = (highest - sum(heights)) / len(heights)
    edges = accumulate([_TOP, *(h + spare for h in heights)])
    return [Spot((top + below) / 2, h) for (top, below), h in zip(pairwise(edges), heights, strict=True)]


def _lane_height(one: Lane) -> float:
    rows = sum(len(_rows(root)) for root in one.roots) + (one.left_out > 0) + (one.unchanged > 0)
    return rows * _ROW + len(one.roots) * 4


def _rows(root: Root) -> dict[str, list[Way]]:
    """Return the ways of a root by the steps that they share."""
    rows: dict[str, list[Way]] = {}
    for way in root.ways:
        rows.setdefault(way.via, []).append(way)
    return rows


def _lane(side: Side, seen: Graph, spots: Sequence[Spot], height: float) -> Iterator[Node]:
    one = side.lane
    name, kind = _NAMES[one.surface]
    yield _text(side.x(0), 16, name, "lane", "start" if side.way == 1 else "end")
    y = _TOP + (height - _TOP - _lane_height(one)) / 2 + _ROW / 2
    boxes: list[Node] = []
    for root in one.roots:
        rows = _rows(root)
        middle = y + (len(rows) - 1) * _ROW / 2
        for via, ways in rows.items():
            yield from _ways(side, ways, (middle, y), spots, seen.changes)
            boxes += _via(side, via, y)
            y += _ROW
        y += 4
        boxes += _box(side, _name(root), middle, "root", ", ".join(root.names[:_NAMED]))
    yield from boxes
    if one.left_out:
        yield from _box(side, f"and {one.left_out} more", y, "folded")
        y += _ROW
    if one.unchanged:
        yield from _box(side, f"{_count(one.unchanged, kind)} as before", y, "folded")


def _ways(
    side: Side, ways: Sequence[Way], ys: tuple[float, float], spots: Sequence[Spot], shown: Sequence[Block]
) -> Iterator[Node]:
    """Yield the lines of one row. ys: of the root, of the row."""
    begin, turn = side.x(_ROOT), side.x(_ROOT + _BETWEEN)
    through, end = side.x(_ROOT + _BETWEEN + _VIA), side.x(_ROOT + _BETWEEN + _VIA + _GAP)
    for way in ways:
        at = _port(side.lane, way, spots[way.change])
        bend = side.way * _GAP / 2
        line = (
            f"M{begin:g} {ys[0]:g}L{turn:g} {ys[1]:g}L{through:g} {ys[1]:g}"
            f"C{through + bend:g} {ys[1]:g} {end - bend:g} {at:g} {end:g} {at:g}"
        )
        tip = element("title", way.whole)
        yield element("path", tip, d=line, class_=f"way {way.verdict}", data_edit=edit_ids(shown[way.change]))


def _port(one: Lane, way: Way, spot: Spot) -> float:
    """Return where a way arrives at its change: those of one verdict arrive together."""
    found = ports(one, way.change)
    return spot.y + (found.index(way.verdict) - (len(found) - 1) / 2) * _PORT


def _via(side: Side, via: str, y: float) -> Iterator[Node]:
    if via:
        begin, wide = _ROOT + _BETWEEN, len(via) * _SMALL + 8
        left = side.left(begin + (_VIA - wide) / 2, wide)
        yield element("rect", x=f"{left:g}", y=f"{y - 9:g}", width=f"{wide:g}", height=18, rx=4, class_="via")
        yield _text(left + wide / 2, y + 4, via, "step", "middle")


def _name(root: Root) -> str:
    room = int((_ROOT - 12) / _LETTER)
    more = f" + {len(root.names) - 1}" if len(root.names) > 1 else ""
    return shortened(root.names[0], room - len(more), DRAWING) + more


def _box(side: Side, text: str, y: float, kind: str, tip: str | None = None) -> Iterator[Node]:
    left = side.left(0, _ROOT)
    title = element("title", tip) if tip else None
    yield element("rect", title, x=f"{left:g}", y=f"{y - _BOX / 2:g}", width=_ROOT, height=_BOX, rx=6, class_=kind)
    yield _text(left + _ROOT / 2, y + 4, text, kind, "middle")


def _left_out(seen: Graph, spot: Spot, left: float, width: float) -> Element:
    return _text(left + width / 2, spot.y + 4, f"and {_count(seen.left_out, 'change')} more, below", "folded", "middle")


def _change(block: Block, spot: Spot, left: float, width: float, linked: set[str]) -> Element:
    edit = block.edits[0]
    what, label = _named(block)
    owner = f" in {clean(edit.owner)}" if edit.owner else ""
    room, middle, top = width - 36, left + width / 2, spot.y - spot.height / 2
    inside = (
        element("title", title(edit)),
        element("rect", x=f"{left:g}", y=f"{top:g}", width=f"{width:g}", height=f"{spot.height:g}", rx=9),
        _text(middle, spot.y - 3, shortened(label, int(room / _LETTER), DRAWING), "label", "middle"),
        _text(middle, spot.y + 13, shortened(f"{what}{owner}", int(room / _SMALL), DRAWING), "step", "middle"),
    )
    about = {"class_": f"change {block.verdict}", "data_edit": edit_ids(block)}
    if card_id(block) not in linked:
        return element("g", *inside, **about)
    return element("a", *inside, href=f"#{card_id(block)}", **about)


def _named(block: Block) -> tuple[str, str]:
    """Return what happened, and to what, e.g. `type changed` and `size : Nat64 → Nat`."""
    edit = block.edits[0]
    what, _, rest = title(edit).partition(": ")
    if edit.label is None and edit.old.type is not None and edit.new.type is not None:
        path = edit.occurrences[0].path
        at = step_text(path[-1]) if path else clean(edit.occurrences[0].root)
        rest = f"{at} : {edit.old.type} {DRAWING.arrow} {edit.new.type}"
    return what, rest or what


def _ports(side: Side, spots: Sequence[Spot], inner: float) -> Iterator[Node]:
    x = side.x(inner)
    for change, spot in enumerate(spots):
        found = ports(side.lane, change)
        for i, verdict in enumerate(found):
            y = spot.y + (i - (len(found) - 1) / 2) * _PORT
            yield element("circle", cx=f"{x:g}", cy=f"{y:g}", r=8, class_=f"port {verdict}")
            yield _text(x, y + 4, _SIGNS[verdict], f"sign {verdict}", "middle")


_SIGNS = {verdict: DRAWING.mark(verdict) for verdict in Verdict}


def _text(x: float, y: float, text: str, kind: str, anchor: str) -> Element:
    return element("text", text, x=f"{x:g}", y=f"{y:g}", class_=kind, text_anchor=anchor)
