"""SARIF 2.1.0, which code scanning pages and editors read: a result an occurrence, with the way to it as a flow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from analyzer.model import RULES_VERSION, Verdict
from analyzer.report.finding import Finding, findings, in_tree, nearest, origin_label, reason, sentence
from analyzer.report.words import advice, clean, path_text, step_text, title
from analyzer.rules import find

if TYPE_CHECKING:
    from analyzer.compare.versions import ChangeSet
    from analyzer.model import Location
    from analyzer.rules.rule import Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LIMIT = 2000
# Of a rule, where nothing is accepted and no policy is asked for; a result says what it is under the policy.
_LEVELS = {
    Verdict.BREAKING: "error",
    Verdict.UNDECIDED: "error",
    Verdict.LOSSY: "warning",
    Verdict.SAFE: "none",
}


def sarif_text(changes: ChangeSet, version: str) -> str:
    """Return the log as JSON, ASCII. version: of ctxcheck. What is safe and blocks nothing is left out."""
    told = [
        Finding(finding.canister, finding.edit, [occurrence])
        for finding in findings(changes)
        if not finding.quiet
        for occurrence in finding.occurrences
    ]
    used = [rule for rule in map(find, sorted({f.first.rule for f in told if f.first.rule})) if rule is not None]
    numbers = {rule.id: number for number, rule in enumerate(used)}
    run = {
        "tool": {
            "driver": {
                "name": "ctxcheck",
                "version": version,
                "rules": [_rule(rule) for rule in used],
                "properties": {"rulesVersion": RULES_VERSION},
            }
        },
        "automationDetails": {"id": "ctxcheck/"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, numbers) for finding in told],
        "properties": {"policy": changes.policy, "profile": changes.profile, "blocked": changes.blocked},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    told = list(advice(rule))
    return {
        "id": rule.id,
        "name": rule.slug,
        "shortDescription": _message(rule.title),
        "fullDescription": _message(rule.why),
        "help": {
            **_message("\n".join([rule.why, *(f"{label}: {text}" for label, text in told)])),
            "markdown": _literal("\n".join([rule.why, "", *(f"- **{label}**: {text}" for label, text in told)])),
        },
        "defaultConfiguration": {"level": _LEVELS[rule.verdict]},
        "properties": {"tags": [rule.surface.value, rule.verdict.value], "reference": rule.reference},
    }


def _result(finding: Finding, numbers: dict[str, int]) -> dict[str, Any]:
    first = finding.first
    why = f"\n{finding.rule.why}" if finding.rule is not None else ""
    path = path_text(first.root, first.path)
    names = [{"fullyQualifiedName": path, "kind": "type"}] if path else []
    physical = _physical(in_tree(finding) or nearest(finding.edit), origin_label(finding))
    out: dict[str, Any] = {
        "ruleId": first.rule or finding.edit.kind,
        "level": "note" if finding.accepted else "error" if finding.blocked else "warning",
        "message": _message(f"{first.verdict}: {sentence(finding)}{why}"),
        "partialFingerprints": {"ctxcheck/v1": first.fingerprint},
        "locations": [{**physical, **({"logicalLocations": names} if names else {})}] if physical or names else [],
        "properties": {
            "change": title(finding.edit),
            "verdict": first.verdict,
            "surface": first.surface,
            "polarity": first.polarity,
            "breaks": list(first.breaks),
            "blockedBy": list(first.blocked_by),
            "clients": list(first.clients),
        },
    }
    if first.rule in numbers:
        out["ruleIndex"] = numbers[first.rule]
    if finding.edit.old.locations:
        was = _physical(finding.edit.old.locations[0], "")
        out["relatedLocations"] = [{"id": 1, **was, "message": {"text": "the old version"}}]
    steps = ([clean(first.root)] if first.root else []) + [step_text(step) for step in first.path]
    if len(steps) > 1:
        # A page that shows a flow asks for a place of each step; all that is known is where the way ends.
        flow = [
            {"location": {**physical, "message": _message(step)}, "nestingLevel": number}
            for number, step in enumerate(steps)
        ]
        out["codeFlows"] = [{"threadFlows": [{"locations": flow}]}]
    if finding.accepted:
        out["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason(finding)}]
    return out


def _physical(at: Location | None, label: str) -> dict[str, Any]:
    """Return a place, or of a part that stands nowhere the file it is about; nothing where there is none."""
    source = label if at is None else at.start.source
    if not source:
        return {}
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(source)}}
    if at is not None:
        place["region"] = {
            "startLine": at.start.line,
            "startColumn": at.start.column,
            "endLine": at.end_line,
            "endColumn": at.end_column,
        }
    return {"physicalLocation": place}


def _uri(path: str) -> str:
    """Return a path as a relative reference: a revision's `main:a.did` is none with a scheme `main`."""
    return quote(path, safe="/", errors="surrogateescape")


def _message(text: str) -> dict[str, str]:
    """Return plain text as a message, in which `[a](b)` would be a link (3.11.6)."""
    shown = "\n".join(clean(line, _LIMIT) for line in text.split("\n"))
    return {"text": _literal(shown).replace("](", "] (")}


def _literal(text: str) -> str:
    """Return text with braces that are no placeholders (3.11.5)."""
    return text.replace("{", "{{").replace("}", "}}")
