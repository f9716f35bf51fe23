"""The report that people read: verdict first, then a block for each edit, what blocks first, and what to do next.

It is made of lines of styled pieces, so that a terminal paints it and a file gets the same words without colour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.model import RANK, Surface, Verdict, worst
from analyzer.report.block import Block, block_lines, blocks
from analyzer.report.drawing import Drawing, Line, cells, plain, spread, wrapped
from analyzer.report.words import clean, official, totals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.compare.versions import Canister, ChangeSet
    from analyzer.model import Report

_SAID = {
    Verdict.SAFE: "SAFE",
    Verdict.LOSSY: "LOSSY",
    Verdict.UNDECIDED: "UNDECIDED",
    Verdict.BREAKING: "BREAKING",
}
_BEFORE = 6  # cells around the name
_ANSWERS = 34  # cells of `moc: compatible, didc: compatible`
PROOF = "proof: types compared; not rehearsed on real state, no values compared"
LINTED = "proof: the sources were looked at; nothing was compiled, compared or rehearsed"


def text_lines(changes: ChangeSet, drawing: Drawing, proven: str | None = None) -> Iterator[Line]:
    """Yield the report line by line. proven: how far it is proven, where more is known than the comparison tells."""
    yield from _verdict(changes, drawing)
    several = len(changes.canisters) > 1
    apart = len({canister.against for canister in changes.canisters}) > 1
    order = sorted(changes.canisters, key=lambda c: -max(RANK[r.verdict] for r in c.surfaces))
    shown: list[Block] = []
    for canister in order:
        found = blocks(canister.edits)
        shown += found
        yield from _canister(_name(canister, drawing, apart=apart) if several else None, found, drawing)
    if shown:
        yield []
        yield from _ending(changes, shown, drawing, proven)


def _verdict(changes: ChangeSet, drawing: Drawing) -> Iterator[Line]:
    verdict = changes.verdict
    if not changes.edits and verdict == Verdict.SAFE:
        yield [(f"{drawing.mark(verdict)} {'nothing found' if changes.linted else 'no changes'}", verdict)]
    else:
        proof = "types compatible" if verdict == Verdict.SAFE else totals(changes.edits)
        gate = f"{'BLOCKED' if changes.blocked else 'passes'} under the policy `{changes.policy}`"
        head: Line = [(f"{drawing.mark(verdict)} {_SAID[verdict]}", verdict), (f"  {proof}", "")]
        yield from spread(head, (gate, "bold" if changes.blocked else "dim"), drawing)
    several = len(changes.canisters) > 1
    against = {canister.against for canister in changes.canisters}
    names = [_name(canister, drawing, apart=len(against) > 1) for canister in changes.canisters]
    if len(against) == 1 and None not in against:
        yield [(f"  against {drawing.text(clean(min(filter(None, against))))}", "dim")]
    for name, canister in zip(names, changes.canisters, strict=True):
        if several:
            yield _summary(canister, name, max(map(cells, names)), drawing, linted=changes.linted)
        for report in canister.surfaces:
            if not several and not changes.linted:
                yield [(f"  {report.surface:<7} {_answer(canister, report)}", "dim")]
            for note in report.notes:
                yield from wrapped(f"note: {note}", drawing, [("    ", "")], [("          ", "")], "dim")


def _name(canister: Canister, drawing: Drawing, *, apart: bool) -> str:
    """Return how a canister is called. apart: not all are compared with the same."""
    against = f", against {clean(canister.against)}" if apart and canister.against else ""
    return drawing.text(f"{clean(canister.name, 40)}{against}")


def _summary(canister: Canister, name: str, width: int, drawing: Drawing, *, linted: bool) -> Line:
    """Return the row of one canister among several: verdict, name, official answers, what changed."""
    verdict = worst([report.verdict for report in canister.surfaces])
    if linted:
        said = ""
    elif canister.old is None or canister.new is None:
        said = "new" if canister.old is None else "gone"
    else:
        said = ", ".join(_answer(canister, report) for report in canister.surfaces)
    row: Line = [(f"  {drawing.mark(verdict)} ", verdict), (f"{name}{' ' * (width - cells(name))}  ", "")]
    # The same width for all, so that what changed stands in a column; where that is too much, the answers go.
    rest = f"{said:<{_ANSWERS}}  {totals(canister.edits)}" if said else _counted(canister)
    fits = width + cells(rest) + _BEFORE <= drawing.width
    return [*row, (rest if fits else _counted(canister), "dim")]


def _counted(canister: Canister) -> str:
    return totals(canister.edits)


def _answer(canister: Canister, report: Report) -> str:
    if canister.old is None or canister.new is None:
        return "nothing to compare with"
    codes = f" ({', '.join(report.codes)})" if report.codes else ""
    return f"{official(report.surface, report.compatible, report.profile)}{codes}"


def _canister(name: str | None, found: list[Block], drawing: Drawing) -> Iterator[Line]:
    if name is not None and found:
        yield []
        heading = f"{drawing.rule * 2} {name} "
        yield [(heading + drawing.rule * max(0, drawing.width - cells(heading)), "bold")]
    folded = False
    for block in found:
        # What is safe follows line upon line; everything else stands apart.
        safe = block.verdict == Verdict.SAFE and not block.blocked
        if not (safe and folded):
            yield []
        folded = safe
        yield from block_lines(block, drawing)


def _ending(changes: ChangeSet, shown: list[Block], drawing: Drawing, proven: str | None) -> Iterator[Line]:
    yield from wrapped(outcome(changes), drawing, [(f"{totals(changes.edits)}. ", "bold")], [])
    yield from wrapped(proven or proof(changes), drawing, [], [("       ", "")], "dim")
    blocking = [b for b in shown if b.blocked]
    if blocking:
        rule = blocking[0].sections[0][1][0].rule
        commands = [(f"ctxcheck explain {rule}", "what this rule means, with an example")] if rule else []
        if any(o.surface == Surface.STABLE and o.verdict == Verdict.BREAKING for o in changes.occurrences):
            commands.insert(
                0, ("ctxcheck suggest OLD NEW", "the migration that carries the data over, compiled and checked")
            )
        if not changes.linted:
            commands.append(("ctxcheck rules --guide", "what the migration guide calls safe, and what is"))
        width = max(24, *(len(command) for command, _ in commands))
        for command, says in commands:
            fits = width + 4 + cells(says) <= drawing.width
            yield [(f"  {command:<{width}}", "path"), (f"  {says}" if fits else "", "dim")]


def proof(changes: ChangeSet) -> str:
    """Return how far it is proven."""
    return LINTED if changes.linted else PROOF


def outcome(changes: ChangeSet) -> str:
    """Return in a sentence whether the upgrade may pass, and what stands against it."""
    if changes.linted:
        return (
            "Look at this before the next upgrade." if changes.blocked else "Nothing here is in the way of an upgrade."
        )
    if not changes.blocked:
        return "Nothing here stops an upgrade; that data is kept is proven by a rehearsal, not by types."
    whose = {who for o in changes.occurrences for who in o.blocked_by}
    if "state" in whose:
        return "This upgrade may not pass: stored data is at stake."
    if "clients" in whose:
        return "This upgrade may not pass: old clients break."
    if "guide" not in whose:
        return "This change may not pass: the configuration of this project says so."
    return "This upgrade may not pass: the migration guide calls it breaking. The official checkers accept it."


def plain_text(changes: ChangeSet, drawing: Drawing) -> str:
    """Return the report without styles."""
    return plain(text_lines(changes, drawing))
