"""A report for a pull request's comment or a job's summary, in GitHub's Markdown.

GitHub refuses a comment above 65,536 characters, so the report is bounded and says what it leaves out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.model import Verdict
from analyzer.report.block import said
from analyzer.report.commonmark import code, element, escaped
from analyzer.report.drawing import Drawing
from analyzer.report.finding import (
    Finding,
    findings,
    in_tree,
    nearest,
    origin_label,
    outcome_of,
    reason,
    rule_name,
    short_fingerprint,
)
from analyzer.report.text import outcome, proof
from analyzer.report.words import called, official, path_text, title, totals, who_breaks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from analyzer.compare.versions import ChangeSet

MARKER = "<!-- ctxcheck:report -->"  # by which the comment is found again, to be written anew
MAX_CHARACTERS = 60_000
_DRAWING = Drawing()
# Characters for each part, so that a long one leaves room for the next; the rest is for what stands around them.
_ANSWERS, _ROWS, _DETAILS, _SAFE = 5_000, 24_000, 20_000, 8_000
_SHOWN_FINGERPRINTS = 3


def markdown_text(changes: ChangeSet, version: str) -> str:
    """Return the report, at most MAX_CHARACTERS. version: of ctxcheck."""
    found = findings(changes)
    loud = [finding for finding in found if not finding.quiet]
    several = len(changes.canisters) > 1
    lines = [MARKER, _heading(changes), "", f"{outcome(changes)}", "", *_fitting(_answers(changes), _ANSWERS), ""]
    if loud:
        rows = (_row(finding, several=several) for finding in loud)
        lines += ["| | rule | where | change | who breaks |", "|---|---|---|---|---|"]
        kept, left = _kept(rows, _ROWS)
        lines += [*kept, "", *_left(left, "findings")]
        kept, left = _kept(("\n".join(_details(f)) for f in loud if f.blocked or f.accepted), _DETAILS)
        lines += [*kept, *_left(left, "findings with their reasons")]
    safe = [finding for finding in found if finding.quiet]
    if safe:
        count = f"{len(safe)} safe change{'' if len(safe) == 1 else 's'}"
        lines += [f"<details><summary>{count}</summary>", ""]
        kept, left = _kept((_safe(finding, several=several) for finding in safe), _SAFE)
        lines += [*kept, "", *_left(left, "safe changes"), "</details>", ""]
    lines += [f"{proof(changes)}. ctxcheck {escaped(version)}, policy `{changes.policy}`, profile `{changes.profile}`."]
    return "\n".join(lines) + "\n"


def _heading(changes: ChangeSet) -> str:
    verdict = changes.verdict
    unchanged = not changes.edits and verdict == Verdict.SAFE
    counts = "" if unchanged else f": {totals(changes.edits)}"
    word = "no changes" if unchanged else "types compatible" if verdict == Verdict.SAFE else verdict.value
    return f"### {_DRAWING.mark(verdict)} ctxcheck: {'blocked' if changes.blocked else 'passes'}, {word}{counts}"


def _answers(changes: ChangeSet) -> Iterator[str]:
    for canister in changes.canisters:
        for report in canister.surfaces:
            gone = canister.old is None or canister.new is None
            answer = "nothing to compare with" if gone else official(report.surface, report.compatible, report.profile)
            codes = f" ({', '.join(report.codes)})" if report.codes else ""
            notes = "".join(f"; {escaped(note)}" for note in report.notes)
            yield f"- {code(called(canister))} {report.surface}: {report.verdict}; {answer}{codes}{notes}"


def _row(finding: Finding, *, several: bool) -> str:
    first = finding.first
    gate = ", blocked" if finding.blocked else ", accepted" if finding.accepted else ""
    state = f"{_DRAWING.mark(first.verdict)} {first.verdict}{gate}"
    canister = f"{code(called(finding.canister))}<br>" if several and finding.canister is not None else ""
    more = f"<br>and {len(finding.occurrences) - 1} more" if len(finding.occurrences) > 1 else ""
    path = path_text(first.root, first.path)
    where = "<br>".join(filter(None, (code(path) if path else "", _place(finding))))
    cells = (state, rule_name(finding), f"{canister}{where}{more}", _change(finding), who_breaks(first) or "nobody")
    return f"| {' | '.join(cells)} |"


def _place(finding: Finding) -> str:
    at = in_tree(finding) or nearest(finding.edit)
    if at is not None:
        return code(f"{at.start.source}:{at.start.line}:{at.start.column}")
    label = origin_label(finding)
    return code(label) if label else ""


def _change(finding: Finding) -> str:
    what, _, rest = title(finding.edit).partition(": ")
    owner = f" in {code(finding.edit.owner)}" if finding.edit.owner else ""
    return f"{what}{f': {code(rest)}' if rest else ''}{owner}"


def _details(finding: Finding) -> Iterator[str]:
    """Yield why, a witness, what to do, and how to accept it. In a summary Markdown is not read."""
    first = finding.first
    what, _, rest = title(finding.edit).partition(": ")
    named = f": {element(rest)}" if rest else ""
    yield f"<details><summary>{first.verdict} {rule_name(finding)}, {what}{named}</summary>"
    yield ""
    path = path_text(first.root, first.path)
    yield f"- {f'{code(path)}: ' if path else ''}{escaped(outcome_of(finding), 1000)}"
    if finding.accepted:
        yield f"- **accepted** {escaped(reason(finding))}"
    else:
        for label, text in said(first, finding.rule):
            if label == "e.g." and first.witness is not None:
                yield f"- **{label}** {code(first.witness.value, 600)}: {escaped(first.witness.outcome, 600)}"
            else:
                yield f"- **{label}** {_advice(text)}"
        yield from _acceptance(finding)
    yield ""
    yield "</details>"
    yield ""


def _advice(text: str) -> str:
    """Return what a rule says, in which commands stand between backticks."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escaped(text, 2000)
    return "".join(code(part, 2000) if number % 2 else _spaced(part) for number, part in enumerate(parts))


def _spaced(text: str) -> str:
    return escaped(text, 2000) if text else ""


def _acceptance(finding: Finding) -> Iterator[str]:
    if not finding.acceptable:
        yield "- **accept** not possible: no breaking or undecided change of stored data can be accepted"
        return
    shown = finding.occurrences[:_SHOWN_FINGERPRINTS]
    for occurrence in shown:
        yield f'- **accept** `ctxcheck accept {short_fingerprint(occurrence)} --reason "..."`'
    if len(finding.occurrences) > len(shown):
        yield f"- and {len(finding.occurrences) - len(shown)} more fingerprints, all in `--format json`"


def _safe(finding: Finding, *, several: bool) -> str:
    canister = f"{code(called(finding.canister))}: " if several and finding.canister is not None else ""
    path = path_text(finding.first.root, finding.first.path)
    at = f" at {code(path)}" if path else ""
    return f"- {canister}{rule_name(finding)}: {_change(finding)}{at}"


def _kept(parts: Iterable[str], room: int) -> tuple[list[str], int]:
    """Return the parts that fit into so many characters, and how many do not."""
    kept: list[str] = []
    left = 0
    for part in parts:
        room -= len(part) + 1
        if room < 0 or left:
            left += 1
        else:
            kept.append(part)
    return kept, left


def _fitting(parts: Iterable[str], room: int) -> list[str]:
    kept, left = _kept(parts, room)
    return [*kept, *_left(left, "answers")]


def _left(count: int, what: str) -> list[str]:
    return [f"Left out: {count} {what}; `--format json` has all.", ""] if count else []
