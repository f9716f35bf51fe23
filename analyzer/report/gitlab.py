"""GitLab's Code Quality report: a JSON list that a merge request shows beside the changed lines.

The fields are those of GitLab's documentation, "Code Quality report format"; all of them are required.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from analyzer.model import Verdict
from analyzer.report.finding import Finding, findings, in_tree, nearest, origin_label, reason, rule_name, sentence
from analyzer.report.words import clean

if TYPE_CHECKING:
    from analyzer.compare.versions import ChangeSet

_HARD = (Verdict.BREAKING, Verdict.UNDECIDED)


def gitlab_text(changes: ChangeSet) -> str:
    """Return the list, ASCII, without what is safe."""
    return json.dumps([_issue(finding) for finding in findings(changes) if not finding.quiet], indent=1) + "\n"


def _issue(finding: Finding) -> dict[str, Any]:
    at = in_tree(finding) or nearest(finding.edit)
    accepted = f" (accepted: {reason(finding)})" if finding.accepted else ""
    return {
        "description": clean(f"{finding.first.verdict}: {sentence(finding)}{accepted}", 2000),
        "check_name": rule_name(finding),
        "fingerprint": finding.first.fingerprint,
        "severity": _severity(finding),
        "location": {
            "path": clean(at.start.source if at is not None else origin_label(finding), 1000),
            "lines": {"begin": at.start.line if at is not None else 1},
        },
    }


def _severity(finding: Finding) -> str:
    """Return how grave it is: what blocks for stored data, what blocks, what breaks, what loses, what is accepted."""
    if finding.accepted:
        return "info"
    if finding.blocked:
        return "blocker" if "state" in finding.first.blocked_by else "critical"
    return "major" if finding.first.verdict in _HARD else "minor"
