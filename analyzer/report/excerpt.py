"""Where an edit stands, on both sides: the lines of the texts with the changed part marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.report.drawing import Drawing, Line, Piece, cells, shortened, spread, tail, visible
from analyzer.report.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.model import Edit, Location


def excerpt(edit: Edit, drawing: Drawing) -> Iterator[Line]:
    """Yield the place of an edit, where the other side is, and the changed lines."""
    here, there, word = edit.new, edit.old, "was"
    if edit.new.type is None:
        here, there, word = edit.old, edit.new, "gone from"
    elif edit.old.type is None:
        word = "not in"
    if not here.locations:
        return
    first: Line = [(f"  {drawing.top} ", "dim"), (place(here.locations[0], drawing), "")]
    beside = f"({word} {place(there.locations[0], drawing)})" if there.locations else ""
    if sum(cells(text) for text, _ in first) + cells(beside) + 2 <= drawing.width:
        yield from spread(first, (beside, "dim"), drawing)
    else:
        yield from (first, [(f"  {drawing.bar} {beside}", "dim")])
    for sign, side in (("-", edit.old), ("+", edit.new)):
        if side.type is not None and side.locations:
            yield from _marked(sign, side.locations[0], edit.verdict, drawing)


def place(location: Location, drawing: Drawing) -> str:
    """Return `file:line:column`, which terminals and editors open."""
    return drawing.text(f"{clean(location.start.source, 300)}:{location.start.line}:{location.start.column}")


def marked(location: Location) -> tuple[str, str, str] | None:
    """Return the line of a location: what stands before the part, the part, what follows; None of an empty line."""
    start = location.start
    if not start.text.strip():
        return None
    length = location.end_column - start.column if location.end_line == start.line else len(start.text)
    begin = min(start.caret - 1, len(start.text))
    end = begin + max(1, length)
    return start.text[:begin], start.text[begin:end], start.text[end:]


def _marked(sign: str, location: Location, style: str, drawing: Drawing) -> Iterator[Line]:
    found = marked(location)
    if found is None:
        return
    before, part, after = (drawing.text(visible(piece)) for piece in found)
    before = before.lstrip()
    room = drawing.width - 8
    if cells(before) > room // 2 and cells(before + part + after) > room:
        before = drawing.ellipsis + tail(before, room // 2 - len(drawing.ellipsis))
    part = shortened(part, room - cells(before), drawing)
    after = shortened(after, room - cells(before) - cells(part), drawing)
    indent: Piece = (f"  {drawing.bar}", "dim")
    yield [indent, (f" {sign} ", "dim"), (before, "dim"), (part, style), (after, "dim")]
    mark = drawing.underline * max(1, cells(part.rstrip()))
    yield [indent, ("   " + " " * cells(before), ""), (mark, style)]
