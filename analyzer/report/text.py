"""The report that people read: verdict first, then a block for each edit, worst first.

It is made of lines of styled pieces, so that a terminal paints it and a file gets the same words without colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from analyzer.model import RANK, Verdict
from analyzer.report.words import clean, official, path_text, title, totals, who_breaks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.compare.versions import Canister, ChangeSet
    from analyzer.model import Edit, Location, Occurrence, Side

Piece = tuple[str, str]  # text and style: "" or one of STYLES
Line = list[Piece]
STYLES = ("breaking", "undecided", "lossy", "safe", "path", "dim", "bold")
_SHOWN_PLACES = 4


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a report is drawn with. width: columns."""

    width: int = 100
    ascii: bool = False

    @property
    def separator(self) -> str:
        """Between the steps of a path."""
        return " > " if self.ascii else " ▸ "

    @property
    def bar(self) -> str:
        """Left edge of a block."""
        return "|" if self.ascii else "│"

    @property
    def corner(self) -> str:
        """Left edge of a block's last line."""
        return "`" if self.ascii else "╰"

    @property
    def underline(self) -> str:
        """Below the changed part."""
        return "^" if self.ascii else "━"

    @property
    def ellipsis(self) -> str:
        """For what is left out."""
        return "..." if self.ascii else "…"

    def mark(self, verdict: Verdict) -> str:
        """Return the sign of a verdict."""
        signs = {"safe": "ok", "lossy": "! ", "undecided": "? ", "breaking": "x "}
        return signs[verdict] if self.ascii else {"safe": "✓", "lossy": "!", "undecided": "?", "breaking": "✗"}[verdict]

    def text(self, text: str) -> str:
        """Return text with only the characters that this drawing has."""
        return text.replace("…", "...").encode("ascii", "backslashreplace").decode() if self.ascii else text


def text_lines(changes: ChangeSet, drawing: Drawing) -> Iterator[Line]:
    """Yield the report line by line."""
    yield from _verdict(changes, drawing)
    several = len(changes.canisters) > 1
    order = sorted(changes.canisters, key=lambda c: -max(RANK[r.verdict] for r in c.surfaces))
    for canister in order:
        yield from _canister(canister, drawing, named=several)
    if any(canister.edits for canister in changes.canisters):
        yield []
        yield [(f"{totals(changes.edits)}. ", "bold"), (_ending(changes), "")]


def _verdict(changes: ChangeSet, drawing: Drawing) -> Iterator[Line]:
    verdict = changes.verdict
    if not changes.edits and verdict == Verdict.SAFE:
        yield [(f"{drawing.mark(verdict)} no changes", verdict)]
    else:
        said = {"safe": "SAFE", "lossy": "LOSSY", "undecided": "UNDECIDED", "breaking": "BREAKING"}[verdict]
        proof = "types compatible" if verdict == Verdict.SAFE else totals(changes.edits)
        yield [(f"{drawing.mark(verdict)} {said}", verdict), (f"  {proof}", "")]
    several = len(changes.canisters) > 1
    longest = max(_cells(drawing.text(clean(c.name, 40))) for c in changes.canisters)
    for canister in changes.canisters:
        name = drawing.text(clean(canister.name, 40))
        name += " " * (longest - _cells(name) + 2) if several else ""
        for report in canister.surfaces:
            answer = official(report.surface, report.compatible, report.profile)
            if canister.old is None or canister.new is None:
                answer = "nothing to compare with"
            codes = f" ({', '.join(report.codes)})" if report.codes else ""
            yield [(f"  {name if several else ''}{report.surface:<7} {answer}{codes}", "dim")]
            for note in report.notes:
                yield from _wrapped(f"note: {note}", drawing, "    ", "dim")


def _ending(changes: ChangeSet) -> str:
    if changes.blocked:
        return "This upgrade may not pass."
    return "Nothing here stops an upgrade; that data is kept is proven by a rehearsal, not by types."


def _canister(canister: Canister, drawing: Drawing, *, named: bool) -> Iterator[Line]:
    if named and canister.edits:
        yield []
        rule = "-" if drawing.ascii else "─"
        heading = f"{rule * 2} {drawing.text(clean(canister.name))} "
        yield [(heading + rule * max(0, drawing.width - _cells(heading)), "bold")]
    for edit in sorted(canister.edits, key=lambda e: -RANK[e.verdict]):
        yield []
        yield from _edit(edit, drawing)


def _edit(edit: Edit, drawing: Drawing) -> Iterator[Line]:
    first = edit.occurrences[0]
    breaks = who_breaks(first)
    tail = f"{edit.surface}{f', breaks {breaks}' if breaks else ''}"
    sign = f"{drawing.mark(edit.verdict)} {edit.verdict}"
    heading = drawing.text(title(edit))
    room = drawing.width - _cells(sign) - 4 - len(tail)
    if _cells(heading) <= room:
        gap = " " * (room - _cells(heading) + 2)
        yield [(sign, edit.verdict), (f"  {heading}", "bold"), (f"{gap}{tail}", "dim")]
    else:
        yield [(sign, edit.verdict), ("  " + _shortened(heading, drawing.width - _cells(sign) - 2, drawing), "bold")]
        yield [(f"  {tail}", "dim")]
    if first.root or first.path:
        yield from _path(first, drawing)
    for name, side in (("old", edit.old), ("new", edit.new)):
        for location in side.locations[:1]:
            yield from _excerpt(name, side, location, edit.verdict, drawing)
    others = edit.occurrences[1:]
    yield from _wrapped(drawing.text(first.effect), drawing, f"  {drawing.bar if others else drawing.corner} ", "")
    if others:
        yield from _elsewhere(others, drawing)


def _path(occurrence: Occurrence, drawing: Drawing) -> Iterator[Line]:
    steps = path_text(occurrence.root, occurrence.path, "\n").split("\n")
    line = "  "
    for i, step in enumerate(map(drawing.text, steps)):
        piece = step if i == 0 else drawing.separator + step
        if _cells(line) + _cells(piece) > drawing.width and line.strip():
            yield [(line, "path")]
            line = "    " + piece.lstrip()
            line = _shortened(line, drawing.width, drawing)
        else:
            line = _shortened(line + piece, drawing.width, drawing) if i == 0 else line + piece
    yield [(line, "path")]


def _excerpt(name: str, side: Side, location: Location, style: str, drawing: Drawing) -> Iterator[Line]:
    """Yield where a side stands, its line, and a mark below the part; of a part that is not there, no mark."""
    start = location.start
    where = drawing.text(f"{clean(start.source, 300)}:{start.line}:{start.column}")
    there = side.type is not None
    absent = "" if there else "  (not there)"
    yield [(f"  {drawing.bar} ", "dim"), (f"{name}  ", "dim"), (where, ""), (absent, "dim")]
    length = location.end_column - start.column if location.end_line == start.line else len(start.text)
    begin = min(start.caret - 1, len(start.text))
    if not start.text.strip():
        return
    before, part, after = _cells_of(start.text, begin, begin + max(1, length), drawing)
    room = drawing.width - 8
    if _cells(before) > room // 2 and _cells(before + part + after) > room:
        before = drawing.ellipsis + _tail(before, room // 2 - len(drawing.ellipsis))
    part = _shortened(part, room - _cells(before), drawing)
    after = _shortened(after, room - _cells(before) - _cells(part), drawing)
    indent: Piece = (f"  {drawing.bar}   ", "dim")
    yield [indent, (before, "dim"), (part, style if there else "dim"), (after, "dim")]
    if there:
        yield [indent, (" " * _cells(before), ""), (drawing.underline * max(1, _cells(part.rstrip())), style)]


def _elsewhere(others: list[Occurrence], drawing: Drawing) -> Iterator[Line]:
    shown = [f"{path_text(o.root, o.path, drawing.separator)} ({o.verdict})" for o in others[:_SHOWN_PLACES]]
    hidden = len(others) - len(shown)
    yield [(f"  {drawing.corner} ", "dim"), ("the same edit is also met by", "dim")]
    for text in shown:
        yield [("      ", ""), (_shortened(drawing.text(text), drawing.width - 6, drawing), "path")]
    if hidden:
        yield [(f"      and {hidden} more (all in --format json)", "dim")]


def _wrapped(text: str, drawing: Drawing, prefix: str, style: str) -> Iterator[Line]:
    """Yield text in lines of the drawing's width; the first has the prefix, the others are indented as far."""
    room = max(20, drawing.width - _cells(prefix))
    line = ""
    lead = prefix
    for word in text.split(" "):
        if line and _cells(line) + 1 + _cells(word) > room:
            yield [(lead, "dim"), (line, style)]
            line, lead = word, " " * _cells(prefix)
        else:
            line = f"{line} {word}" if line else word
    yield [(lead, "dim"), (line, style)]


def _cells_of(text: str, begin: int, end: int, drawing: Drawing) -> tuple[str, str, str]:
    return tuple(drawing.text(_visible(part)) for part in (text[:begin], text[begin:end], text[end:]))  # type: ignore[return-value]


def _visible(text: str) -> str:
    return "".join("    " if c == "\t" else c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text)


def _cells(text: str) -> int:
    """Return how many columns a terminal gives a text."""
    return len(text) if text.isascii() else sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def _shortened(text: str, room: int, drawing: Drawing) -> str:
    if _cells(text) <= room:
        return text
    room -= len(drawing.ellipsis)
    out = text[: max(0, room)]
    while _cells(out) > room and out:
        out = out[:-1]
    return out + drawing.ellipsis if room > 0 else ""


def _tail(text: str, room: int) -> str:
    out = text[-room:] if room > 0 else ""
    while _cells(out) > room and out:
        out = out[1:]
    return out


def plain_text(changes: ChangeSet, drawing: Drawing) -> str:
    """Return the report without styles."""
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in text_lines(changes, drawing))
