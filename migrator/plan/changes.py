"""The change set of a target, from the bytes of its two sides: when a plan is made, and again whenever it is read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from analyzer.compare.versions import compare_versions
from analyzer.interface import Interface, Untold, Versions
from analyzer.model import Surface
from analyzer.policy.gate import judge
from analyzer.policy.levels import Policy, may_be_accepted
from analyzer.report.words import path_text
from analyzer.sources.module import read_interface, read_sections
from analyzer.sources.wasm import PERSISTENCE, SERVICE, STABLE
from migrator.plan.model import Change, Letting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from analyzer.compare.versions import ChangeSet
    from analyzer.model import Occurrence
    from analyzer.policy.gate import Gate

_PARTS = ((Surface.CANDID, SERVICE), (Surface.STABLE, STABLE))
_DAY = 24 * 60 * 60 * 1_000_000_000


def deployed(
    name: str, sections: Mapping[str, tuple[bytes, str]], module_hash: str, hidden: Iterable[str]
) -> Interface:
    """Return the interface of what runs. sections: content and origin by name. Raises ParseError, SourceError."""
    found = Interface(name, module_sha256=module_hash)
    hidden = set(hidden) - set(sections)
    for kind in sorted({origin for _, origin in sections.values()}):
        of_kind = {section: content for section, (content, origin) in sections.items() if origin == kind}
        read_sections(found, of_kind, f"deployed {name}, {kind}", set(Surface), kind=kind)
    if PERSISTENCE in sections:
        found.persistence = "eop"
    elif PERSISTENCE in hidden:
        found.persistence = "unknown"
    for surface, section in _PARTS:
        if section in hidden:
            why = f"the deployed version does not show its {section} to this identity"
            found.untold[surface] = Untold(why, "ask as a controller, or give the file of what is deployed")
    return found


def digest_of(content: bytes) -> str:
    """Return SHA-256 in hex."""
    from hashlib import sha256  # noqa: PLC0415 - loads OpenSSL

    return sha256(content).hexdigest()


def built(name: str, module: bytes) -> Interface:
    """Return the interface of a module that is to run. Raises SourceError, ParseError."""
    found = Interface(name)
    read_interface(found, module, f"new {name}", set(Surface))
    return found


def compared(old: Interface, new: Interface, profile: str, policy: str) -> ChangeSet:
    """Return all that changes between two versions of a canister, under a policy and nothing else."""
    return compare_versions([Versions(new.name, old, new)], profile=profile, policy=Policy(policy))


def listed(old: Interface, new: Interface, profile: str, policy: str, gate: Gate | None, now: int) -> list[Change]:
    """Return the changes as a plan lists them: what blocks under the policy alone, and what a project lets through."""
    changes = compared(old, new, profile, policy)
    judged: dict[str, Occurrence] = {}
    if gate is not None:
        again = compared(old, new, profile, policy)
        judge(again, gate)
        judged = {occurrence.fingerprint: occurrence for occurrence in again.occurrences}
    day = datetime.fromtimestamp(now / 1e9, UTC).date().isoformat()
    found = []
    for occurrence in changes.occurrences:
        after = judged.get(occurrence.fingerprint)
        one = change(occurrence)
        if gate is None:
            found.append(one)
            continue
        if after is not None and after.blocked_by and not one.blocked_by:
            one = one._replace(blocked_by=after.blocked_by)
        found.append(one._replace(accepted=_letting(occurrence, after, gate, day)) if one.blocked_by else one)
    return sorted(found)


def _letting(before: Occurrence, after: Occurrence | None, gate: Gate, day: str) -> Letting | None:
    """Return who lets a change through: a person, or the project's configuration."""
    if not may_be_accepted(before):
        return None
    accepted = after.accepted if after is not None else None
    if accepted is not None:
        until = None if accepted.until is None else accepted.until.isoformat()
        return Letting(accepted.by, accepted.reason, accepted.on.isoformat(), until)
    if after is None or not after.blocked_by:
        reason = (after.note if after is not None else None) or "its rule does not block in this project"
        return Letting(gate.config.label or "configuration", reason, day, None)
    return None


def change(occurrence: Occurrence) -> Change:
    """Return an occurrence as a plan has it, let through by nobody."""
    return Change(
        occurrence.fingerprint,
        occurrence.surface.value,
        occurrence.rule,
        occurrence.verdict.value,
        "guide" in occurrence.breaks,
        path_text(occurrence.root, occurrence.path),
        occurrence.effect,
        occurrence.blocked_by,
        None,
    )


def may_pass(one: Change, now: int) -> bool:
    """Tell whether a change may pass at a certified time: it does not block, or was accepted and may be.

    What breaks stored data, or may, passes never, whatever the plan says of it.
    """
    if one.surface == "stable" and one.verdict in ("breaking", "undecided"):
        return False
    if not one.blocked_by:
        return True
    if one.accepted is None:
        return False
    today = datetime.fromtimestamp(now / 1e9, UTC).date().isoformat()
    return one.accepted.until is None or one.accepted.until >= today
