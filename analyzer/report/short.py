"""One line a finding: `file:line:column: verdict rule: path: effect blocked by: who [fingerprint]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.report.finding import Finding, alike, nearest, rule_name, sentence, short_fingerprint
from analyzer.report.words import clean, totals

if TYPE_CHECKING:
    from analyzer.compare.versions import ChangeSet


def short_text(changes: ChangeSet) -> str:
    """Return the lines, worst first, and a last one with the totals."""
    lines = [
        _line(Finding(canister, edit, occurrences))
        for canister in changes.canisters
        for edit in canister.edits
        for occurrences in alike(edit)
    ]
    found = totals(changes.edits) if changes.edits or not changes.linted else "nothing found"
    return "\n".join([*lines, f"{changes.verdict}: {found}"]) + "\n"


def _line(finding: Finding) -> str:
    at = nearest(finding.edit)
    where = f"{clean(at.start.source, 300)}:{at.start.line}:{at.start.column}: " if at is not None else ""
    first = finding.first
    return f"{where}{first.verdict} {rule_name(finding)}: {sentence(finding)} [{short_fingerprint(first)}]"
