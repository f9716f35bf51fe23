"""One edit as a block: what it is, where it stands, and for each rule that it falls under what it does.

An edit of a named type that stands in both surfaces is one block with the verdicts of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.model import RANK, Verdict
from analyzer.policy.levels import may_be_accepted
from analyzer.report.drawing import Drawing, Line, cells, shortened, spread, wrapped
from analyzer.report.excerpt import excerpt, place
from analyzer.report.words import advice, blocked_by, clean, decided, path_text, title, who_breaks
from analyzer.rules import find, is_lint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from analyzer.model import Edit, Occurrence
    from analyzer.rules.rule import Rule

_SHOWN_PATHS = 3
_SHOWN_DIGITS = 12  # of a fingerprint
_LIMIT = 2000  # code points of a witness


class Block(NamedTuple):
    """What a reader takes for one change. edits: one, or one of each surface; the worse one first."""

    edits: tuple[Edit, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of its edits."""
        return self.edits[0].verdict

    @property
    def blocked(self) -> bool:
        """Whether it may not pass."""
        return any(o.blocked_by for edit in self.edits for o in edit.occurrences)

    @property
    def sections(self) -> list[tuple[Edit, list[Occurrence]]]:
        """Its occurrences by rule, verdict and what the gate says of them, what blocks first, then the worst."""
        parts: dict[object, tuple[Edit, list[Occurrence]]] = {}
        for edit in self.edits:
            for o in edit.occurrences:
                key = edit.surface, o.rule, o.verdict, bool(o.blocked_by), o.accepted, o.note
                parts.setdefault(key, (edit, []))[1].append(o)
        return sorted(parts.values(), key=lambda part: (not part[1][0].blocked_by, -RANK[part[1][0].verdict]))


def blocks(edits: Iterable[Edit]) -> list[Block]:
    """Return the edits of a canister as blocks: what blocks first, then the worst first."""
    grouped: dict[object, list[Edit]] = {}
    for edit in edits:
        # The same edit of the same named type, seen from both surfaces. What has no name stands for itself.
        group = grouped.setdefault(_same(edit), [])
        if any(other.surface == edit.surface for other in group):
            grouped[edit.id] = [edit]
        else:
            group.append(edit)
    found = [Block(tuple(sorted(group, key=lambda e: -RANK[e.verdict]))) for group in grouped.values()]
    return sorted(found, key=lambda b: (not b.blocked, -RANK[b.verdict]))


def _same(edit: Edit) -> object:
    """Return what an edit shares with the one of the other surface that a reader takes for the same."""
    label = edit.label
    if label is None:
        label = next((step.name for step in reversed(edit.occurrences[0].path) if step.name is not None), None)
    if edit.owner is None or label is None:
        return edit.id
    return edit.owner, edit.kind, label, edit.renamed_to


def block_lines(block: Block, drawing: Drawing) -> Iterator[Line]:
    """Yield the lines of a block: whole where it blocks or loses something, else two lines."""
    sections = block.sections
    if not block.blocked and block.verdict == Verdict.SAFE:
        yield from _folded(block, drawing)
        return
    first = block.edits[0]
    surfaces = " and ".join(edit.surface for edit in block.edits)
    heading = shortened(drawing.text(title(first)), drawing.width - 4, drawing)
    owner = f"{drawing.text(first.owner)}, " if first.owner else ""
    yield from spread(
        [(drawing.mark(block.verdict), block.verdict), (f" {heading}", "bold")], (owner + surfaces, "dim"), drawing
    )
    yield from excerpt(first, drawing)
    for i, (edit, occurrences) in enumerate(sections):
        yield from _section(edit, occurrences, drawing, last=i + 1 == len(sections), other=edit is not first)


def _folded(block: Block, drawing: Drawing) -> Iterator[Line]:
    first = block.edits[0]
    names = " ".join(dict.fromkeys(o[0].rule or "" for _, o in block.sections))
    heading = shortened(drawing.text(title(first)), drawing.width - 8 - len(names), drawing)
    yield from spread(
        [(drawing.mark(block.verdict), block.verdict), (f" {names}  ", "dim"), (heading, "")],
        (" and ".join(edit.surface for edit in block.edits), "dim"),
        drawing,
    )
    for edit in block.edits:
        yield from _path(edit.occurrences[0], drawing, [("    ", "")], "path")
        old, new = (side.locations[0] if side.locations else None for side in (edit.old, edit.new))
        if old is not None and new is not None:
            between = f"{place(old, drawing)} {drawing.arrow} {place(new, drawing)}"
            if cells(between) + 4 <= drawing.width:
                yield [("    ", ""), (between, "dim")]
            else:
                yield [("    ", ""), (place(old, drawing), "dim")]
                yield [("    ", ""), (f"{drawing.arrow} {place(new, drawing)}", "dim")]


def _section(edit: Edit, occurrences: list[Occurrence], drawing: Drawing, *, last: bool, other: bool) -> Iterator[Line]:
    first = occurrences[0]
    rule = find(first.rule) if first.rule else None
    name = f"{rule.id} {rule.slug}" if rule is not None else first.rule or "unexplained"
    code = f" ({first.code})" if first.code else ""
    edge = drawing.corner if last else drawing.tee
    bar = "    " if last else f"  {drawing.bar}"
    breaks = who_breaks(first)
    blocked = blocked_by(first) or ("accepted" if first.accepted is not None else "")
    yield from spread(
        [
            (f"  {edge} ", "dim"),
            (f"{drawing.mark(first.verdict)} {first.verdict}", first.verdict),
            (f"  {name}", "bold"),
            (code, "dim"),
        ],
        (blocked, "bold") if blocked else (f"breaks {breaks}" if breaks and breaks != "guide" else "", "dim"),
        drawing,
        (f"{bar} ", "dim"),
    )
    lead: Line = [(f"{bar} ", "dim")]
    for occurrence in occurrences[:_SHOWN_PATHS]:
        if occurrence.root or occurrence.path:
            yield from _path(occurrence, drawing, lead, "path")
    if len(occurrences) > _SHOWN_PATHS:
        more = f"and {len(occurrences) - _SHOWN_PATHS} more, all in --format json"
        yield [*lead, (more, "dim")]
    if other:
        side = edit.new if edit.new.locations else edit.old
        for location in side.locations[:1]:
            yield [*lead, (place(location, drawing), "dim")]
    if first.verdict == Verdict.SAFE and not first.blocked_by:
        return
    for label, text in said(first, rule):
        yield from wrapped(text, drawing, [*lead, (f"{label:<6}", "dim")], [*lead, ("      ", "")])
    if first.blocked_by and may_be_accepted(first):
        room = drawing.width - sum(cells(text) for text, _ in lead) - len("let   ")
        yield [*lead, ("let   ", "dim"), (accept_command(occurrences, room), "path")]


def accept_command(occurrences: list[Occurrence], room: int = 100) -> str:
    """Return the command that lets occurrences through, in at most so many characters."""
    names = " ".join(o.fingerprint[:_SHOWN_DIGITS] for o in occurrences)
    lint = "--lint " if is_lint(occurrences[0].rule or "") else ""
    whole = f"ctxcheck accept {lint}{names} --reason TEXT"
    return whole if len(whole) <= room else f"ctxcheck accept {lint}--all --reason TEXT"


def said(occurrence: Occurrence, rule: Rule | None) -> Iterator[tuple[str, str]]:
    """Yield what is said of an occurrence: labels of at most five characters, and sentences."""
    yield from decided(occurrence)
    if rule is None:
        yield "what", occurrence.effect
        return
    if rule.effect_tells or (rule.moc is not None and occurrence.code is None):
        yield "what", occurrence.effect
    yield "why", rule.why
    if occurrence.witness is not None:
        # Where a client refuses a value, its words hold the name that it found, as it is.
        yield "e.g.", clean(f"{occurrence.witness.value}: {occurrence.witness.outcome}", _LIMIT)
    yield from advice(rule)


def _path(occurrence: Occurrence, drawing: Drawing, lead: Line, style: str) -> Iterator[Line]:
    steps = path_text(occurrence.root, occurrence.path, "\n").split("\n")
    room = drawing.width - sum(cells(text) for text, _ in lead)
    line = ""
    for i, step in enumerate(map(drawing.text, steps)):
        piece = step if i == 0 else drawing.separator + step
        if line and cells(line) + cells(piece) > room:
            yield [*lead, (line, style)]
            line = shortened("  " + piece.lstrip(), room, drawing)
        else:
            line = shortened(line + piece, room, drawing)
    yield [*lead, (line, style)]
