"""What a text report is drawn with: width, signs, and lines of styled pieces that fit a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

Piece = tuple[str, str]  # text and style: "" or one of STYLES
Line = list[Piece]
STYLES = ("breaking", "undecided", "lossy", "safe", "path", "dim", "bold")

_OWN = str.maketrans("", "", "▸✓✗━│╭╰├─→…")  # drawn here, one column each
_SIGNS = {Verdict.SAFE: "✓", Verdict.LOSSY: "!", Verdict.UNDECIDED: "?", Verdict.BREAKING: "✗"}
_ASCII_SIGNS = {Verdict.SAFE: "+", Verdict.LOSSY: "!", Verdict.UNDECIDED: "?", Verdict.BREAKING: "x"}


class Drawing(NamedTuple):
    """What a report is drawn with. width: columns."""

    width: int = 100
    ascii: bool = False

    @property
    def separator(self) -> str:
        """Between the steps of a path."""
        return " > " if self.ascii else " ▸ "

    @property
    def top(self) -> str:
        """Left edge of a block's first line."""
        return ",-" if self.ascii else "╭─"

    @property
    def bar(self) -> str:
        """Left edge of a block."""
        return "| " if self.ascii else "│ "

    @property
    def tee(self) -> str:
        """Left edge where a part of a block begins."""
        return "+-" if self.ascii else "├─"

    @property
    def corner(self) -> str:
        """Left edge of where a block's last part begins."""
        return "`-" if self.ascii else "╰─"

    @property
    def rule(self) -> str:
        """A line across."""
        return "-" if self.ascii else "─"

    @property
    def underline(self) -> str:
        """Below the changed part."""
        return "^" if self.ascii else "━"

    @property
    def arrow(self) -> str:
        """From old to new."""
        return "->" if self.ascii else "→"

    @property
    def ellipsis(self) -> str:
        """For what is left out."""
        return "..." if self.ascii else "…"

    def mark(self, verdict: Verdict) -> str:
        """Return the sign of a verdict."""
        return (_ASCII_SIGNS if self.ascii else _SIGNS)[verdict]

    def text(self, text: str) -> str:
        """Return text with only the characters that this drawing has."""
        if not self.ascii:
            return text
        return text.replace("…", "...").replace("▸", ">").encode("ascii", "backslashreplace").decode()


def visible(text: str) -> str:
    """Return a line of a user's file with nothing in it that acts on a terminal."""
    return "".join("    " if c == "\t" else c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text)


def cells(text: str) -> int:
    """Return how many columns a terminal gives a text."""
    if text.isascii() or text.translate(_OWN).isascii():
        return len(text)
    from unicodedata import east_asian_width  # noqa: PLC0415 - few texts have letters that need it

    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def shortened(text: str, room: int, drawing: Drawing) -> str:
    """Return as much of a text's beginning as there is room for."""
    if cells(text) <= room:
        return text
    room -= len(drawing.ellipsis)
    out = text[: max(0, room)]
    while cells(out) > room and out:
        out = out[:-1]
    return out + drawing.ellipsis if room > 0 else ""


def tail(text: str, room: int) -> str:
    """Return as much of a text's end as there is room for."""
    out = text[-room:] if room > 0 else ""
    while cells(out) > room and out:
        out = out[1:]
    return out


def spread(left: Line, right: Piece, drawing: Drawing, lead: Piece = ("    ", "")) -> Iterator[Line]:
    """Yield a line with a piece at its right edge; where there is no room, it follows on a line behind `lead`."""
    gap = drawing.width - sum(cells(text) for text, _ in left) - cells(right[0])
    if not right[0]:
        yield left
    elif gap > 1:
        yield [*left, (" " * gap, ""), right]
    else:
        yield left
        yield [lead, right]


def wrapped(text: str, drawing: Drawing, first: Line, rest: Line, style: str = "") -> Iterator[Line]:
    """Yield text in lines of the drawing's width: the first behind some pieces, the others behind others."""
    lead = first
    room = max(20, drawing.width - sum(cells(piece) for piece, _ in first))
    line = ""
    for word in drawing.text(text).split(" "):
        if line and cells(line) + 1 + cells(word) > room:
            yield [*lead, (line, style)]
            line, lead = word, rest
            room = min(room, max(20, drawing.width - sum(cells(piece) for piece, _ in rest)))
        else:
            line = f"{line} {word}" if line else word
    yield [*lead, (line, style)]


def plain(lines: Iterator[Line]) -> str:
    """Return lines without their styles."""
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)
