"""What one line of a report is about: the occurrences of an edit that share a rule, a verdict and a gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.model import RANK, Edit, Location, Occurrence, Verdict
from analyzer.policy.levels import may_be_accepted
from analyzer.report.words import blocked_by, clean, path_text
from analyzer.rules import find

if TYPE_CHECKING:
    from analyzer.compare.versions import Canister, ChangeSet
    from analyzer.rules.rule import Rule

_SHOWN = 12  # hex digits of a fingerprint, as `ctxcheck accept` takes them


class Finding(NamedTuple):
    """Occurrences of one edit that are told together. canister: whose; None where only the edit counts."""

    canister: Canister | None
    edit: Edit
    occurrences: list[Occurrence]

    @property
    def first(self) -> Occurrence:
        """The occurrence that stands for all."""
        return self.occurrences[0]

    @property
    def rule(self) -> Rule | None:
        """What explains it; None where nothing does."""
        return find(self.first.rule) if self.first.rule else None

    @property
    def blocked(self) -> bool:
        """Whether it may not pass."""
        return bool(self.first.blocked_by)

    @property
    def accepted(self) -> bool:
        """Whether it was let through by its fingerprint."""
        return self.first.accepted is not None

    @property
    def quiet(self) -> bool:
        """Whether nothing is to be said of it but that it is there: it is safe and nobody calls it breaking."""
        return self.first.verdict == Verdict.SAFE and not self.first.breaks and not self.blocked

    @property
    def acceptable(self) -> bool:
        """Whether it can be accepted: no breaking or undecided change of stored data can."""
        return self.blocked and may_be_accepted(self.first)


def findings(changes: ChangeSet) -> list[Finding]:
    """Return all findings: what blocks first, then the worst, what is accepted after what is not."""
    found = [
        Finding(canister, edit, occurrences)
        for canister in changes.canisters
        for edit in canister.edits
        for occurrences in alike(edit)
    ]
    return sorted(found, key=lambda f: (not f.blocked, f.accepted, -RANK[f.first.verdict]))


def alike(edit: Edit) -> list[list[Occurrence]]:
    """Return the occurrences of an edit that share rule, verdict and gate."""
    parts: dict[object, list[Occurrence]] = {}
    for o in edit.occurrences:
        parts.setdefault((o.rule, o.verdict, bool(o.blocked_by), o.accepted, o.note), []).append(o)
    return list(parts.values())


def rule_name(finding: Finding) -> str:
    """Return id and slug of the rule, e.g. `S201 stable-field-added`; where there is none, the kind of edit."""
    rule = finding.rule
    return f"{rule.id} {rule.slug}" if rule is not None else finding.edit.kind


def sentence(finding: Finding) -> str:
    """Return `path: what happens (and 2 more); blocked by: clients (js)`."""
    path = path_text(finding.first.root, finding.first.path, " > ")
    return f"{path}: {outcome_of(finding)}" if path else outcome_of(finding)


def outcome_of(finding: Finding) -> str:
    """Return `what happens (and 2 more); blocked by: clients (js)`."""
    first = finding.first
    more = f" (and {len(finding.occurrences) - 1} more)" if len(finding.occurrences) > 1 else ""
    gate = f"; {blocked_by(first)}" if first.blocked_by else "; accepted" if finding.accepted else ""
    against = finding.canister.against if finding.canister is not None else None
    return f"{first.effect}{more}{gate}{f'; against {clean(against)}' if against else ''}"


def short_fingerprint(occurrence: Occurrence) -> str:
    """Return as much of a fingerprint as is shown and looked up."""
    return occurrence.fingerprint[:_SHOWN]


def reason(finding: Finding) -> str:
    """Return why it was accepted, fit for a line; empty where nobody said or it was not."""
    return clean(finding.first.accepted.reason, 300) if finding.first.accepted is not None else ""


def nearest(edit: Edit) -> Location | None:
    """Return where an edit is shown: on the new side, or where the new side has none of it, on the old one."""
    side = edit.new if edit.new.type is not None or edit.old.type is None else edit.old
    return side.locations[0] if side.locations else None


def in_tree(finding: Finding) -> Location | None:
    """Return where the edit stands in the files that are checked out, as far as a person wrote it; None: nowhere.

    A reviewer's page marks lines of the new version's files: not of another revision, of standard input, of a module's
    sections or of what a compiler wrote.
    """
    new = None if finding.canister is None else finding.canister.new
    origin = None if new is None else new.provenance.get(finding.edit.surface)
    if origin is None or origin.kind not in ("file", "wasm", "compiled"):
        return None
    if origin.kind != "file" and ":" in origin.label:  # made from a file of a revision
        return None
    for location in finding.edit.new.locations:
        path = location.start.source
        if location.role == "source" and not path.startswith("/") and ".." not in path.split("/"):
            return location
    return None


def origin_label(finding: Finding) -> str:
    """Return the file that a finding is about where no place in it is known; empty where there is none."""
    canister = finding.canister
    if canister is None:
        return ""
    for side in (canister.new, canister.old):
        if side is not None:
            origin = side.provenance.get(finding.edit.surface) or next(iter(side.provenance.values()), None)
            if origin is not None:
                return origin.label
    return ""
