"""Workflow commands of GitHub Actions: an annotation for each finding, and one line with the counts.

What the runner takes for a command and how it undoes the escapes: `ActionCommand` of actions/runner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.report.block import said
from analyzer.report.finding import Finding, findings, in_tree, nearest, reason, rule_name, sentence, short_fingerprint
from analyzer.report.words import clean, totals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.compare.versions import ChangeSet
    from analyzer.model import Location

_LIMIT = 2000  # code points of a sentence; GitHub keeps 64 kB of an annotation


def github_text(changes: ChangeSet) -> str:
    """Return the commands: errors for what blocks, warnings for the rest that is not safe, a notice with the counts."""
    loud = [finding for finding in findings(changes) if not finding.quiet]
    gate = "blocked" if changes.blocked else "passes"
    counts = f"{changes.verdict}: {totals(changes.edits)}; {gate} under the policy {changes.policy}"
    commands = [*map(_annotation, loud), _command("notice", {"title": "ctxcheck"}, counts)]
    return "\n".join(commands) + "\n"


def _annotation(finding: Finding) -> str:
    level = "error" if finding.blocked else "notice" if finding.accepted else "warning"
    at = in_tree(finding)
    about = {} if at is None else _place(at)
    return _command(level, {**about, "title": f"{finding.first.verdict} {rule_name(finding)}"}, *_message(finding, at))


def _place(at: Location) -> dict[str, str]:
    """Return the properties of a place. GitHub refuses columns of a part that goes over several lines."""
    place = {"file": at.start.source, "line": str(at.start.line), "endLine": str(at.end_line)}
    if at.end_line == at.start.line:
        place |= {"col": str(at.start.column), "endColumn": str(at.end_column)}
    return place


def _message(finding: Finding, at: Location | None) -> Iterator[str]:
    there = nearest(finding.edit) if at is None else None
    where = f"{there.start.source}:{there.start.line}:{there.start.column}: " if there is not None else ""
    yield f"{where}{sentence(finding)}"
    if finding.accepted:
        yield f"accepted: {reason(finding)}"
        return
    for label, text in said(finding.first, finding.rule):
        yield f"{label}: {text}"
    yield f"fingerprint: {short_fingerprint(finding.first)}"


def _command(level: str, properties: dict[str, str], *lines: str) -> str:
    """Return one command. The one place where text becomes part of one."""
    about = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {about}::{_data(chr(10).join(clean(line, _LIMIT) for line in lines))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(clean(text, _LIMIT)).replace(":", "%3A").replace(",", "%2C")
