"""`ctxcheck.report/1`: one JSON document, ASCII, so that no name in it can act on a terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from analyzer.model import RULES_VERSION, Surface
from analyzer.report.words import counted, guide_says, path_text
from analyzer.rules import find

if TYPE_CHECKING:
    from analyzer.compare.versions import Canister, ChangeSet
    from analyzer.interface import Interface
    from analyzer.model import Edit, Location, Occurrence, Side, Step
    from analyzer.rules.rule import Rule

SCHEMA = "ctxcheck.report/1"


def json_text(changes: ChangeSet, version: str) -> str:
    """Return the report as JSON text."""
    return json.dumps(document(changes, version), indent=1) + "\n"


def document(changes: ChangeSet, version: str) -> dict[str, Any]:
    """Return the report as JSON values. version: of ctxcheck."""
    counts = {verdict.value: count for verdict, count in counted(changes.edits).items()}
    accepted = sum(occurrence.accepted is not None for occurrence in changes.occurrences)
    return {
        "schema": SCHEMA,
        "tool": {"name": "ctxcheck", "version": version},
        "rules_version": RULES_VERSION,
        "policy": changes.policy,
        "profile": changes.profile,
        "summary": {"verdict": changes.verdict, "blocked": changes.blocked, **counts, "accepted": accepted},
        "rules": {rule.id: rule_values(rule) for rule in _used(changes)},
        "canisters": [_canister(canister) for canister in changes.canisters],
        "proof": {"types": not changes.linted, "rehearsed": None, "compared": None},
    }


def _used(changes: ChangeSet) -> list[Rule]:
    ids = {occurrence.rule for occurrence in changes.occurrences if occurrence.rule is not None}
    return [rule for rule in map(find, sorted(ids)) if rule is not None]


def rule_values(rule: Rule) -> dict[str, Any]:
    """Return a rule as JSON values."""
    return {
        "id": rule.id,
        "slug": rule.slug,
        "title": rule.title,
        "surface": rule.surface,
        "verdict": rule.verdict,
        "moc": rule.moc,
        "breaks": rule.breaks,
        "why": rule.why,
        "fix": list(rule.fix),
        "note": rule.note,
        "guide": guide_says(rule) or None,
        "reference": rule.reference,
    }


def _canister(canister: Canister) -> dict[str, Any]:
    return {
        "name": canister.name,
        "against": canister.against,
        "added": canister.old is None,
        "removed": canister.new is None,
        "old": _interface(canister.old),
        "new": _interface(canister.new),
        "surfaces": {
            report.surface.value: {
                "compatible": report.compatible,
                "codes": report.codes,
                "verdict": report.verdict,
                "notes": report.notes,
                "omitted": report.omitted,
            }
            for report in canister.surfaces
        },
        "edits": [_edit(edit) for edit in canister.edits],
        "rehearsal": None,
    }


def _interface(interface: Interface | None) -> dict[str, Any] | None:
    if interface is None:
        return None
    parts: dict[str, Any] = {surface.value: None for surface in Surface}
    for surface, origin in interface.provenance.items():
        parts[surface.value] = {"kind": origin.kind, "label": origin.label, "sha256": origin.sha256}
    return {
        "name": interface.name,
        "persistence": interface.persistence,
        "compiler": interface.compiler,
        "module_sha256": interface.module_sha256,
        **parts,
    }


def _edit(edit: Edit) -> dict[str, Any]:
    return {
        "id": edit.id,
        "surface": edit.surface,
        "kind": edit.kind,
        "label": edit.label,
        "renamed_to": edit.renamed_to,
        "owner": edit.owner,
        "verdict": edit.verdict,
        "old": _side(edit.old),
        "new": _side(edit.new),
        "occurrences": [_occurrence(occurrence) for occurrence in edit.occurrences],
    }


def _side(side: Side) -> dict[str, Any]:
    return {"type": side.type, "locations": [_location(location) for location in side.locations]}


def _location(location: Location) -> dict[str, Any]:
    return {
        "file": location.start.source,
        "line": location.start.line,
        "column": location.start.column,
        "end_line": location.end_line,
        "end_column": location.end_column,
        "role": location.role,
    }


def _occurrence(occurrence: Occurrence) -> dict[str, Any]:
    return {
        "fingerprint": occurrence.fingerprint,
        "rule": occurrence.rule,
        "polarity": occurrence.polarity,
        "root": occurrence.root,
        "path": [_step(step) for step in occurrence.path],
        "path_text": path_text(occurrence.root, occurrence.path),
        "verdict": occurrence.verdict,
        "breaks": list(occurrence.breaks),
        "blocked_by": list(occurrence.blocked_by),
        "clients": list(occurrence.clients),
        "effect": occurrence.effect,
        "opt_rule": occurrence.opt_rule,
        "code": occurrence.code,
        "more": occurrence.more,
        "witness": None if occurrence.witness is None else occurrence.witness._asdict(),
        "accepted": _accepted(occurrence),
        "note": occurrence.note,
    }


def _accepted(occurrence: Occurrence) -> dict[str, Any] | None:
    """Return who let it through, why, when and until when; dates as 2026-12-31."""
    accepted = occurrence.accepted
    if accepted is None:
        return None
    until = None if accepted.until is None else accepted.until.isoformat()
    return {"reason": accepted.reason, "by": accepted.by, "on": accepted.on.isoformat(), "until": until}


def _step(step: Step) -> dict[str, Any]:
    out: dict[str, Any] = {"kind": step.kind}
    if step.name is not None:
        out["name"] = step.name
    if step.index is not None:
        out["index"] = step.index
    return out
