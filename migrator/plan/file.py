"""The file of a plan: a line with its name, a line of canonical JSON, and the bytes that the JSON names.

There is one file for each plan: whatever is in another order, twice, missing or left over is refused.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from analyzer.candid.principal import Principal
from analyzer.errors import SourceError
from migrator.plan.form import Malformed, canonical, from_json, parsed, to_json
from migrator.plan.model import SCHEMA, Plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from migrator.plan.model import Target

_FIRST = SCHEMA.encode() + b"\n"
_MOST_JSON = 64 << 20
MOST = 1 << 30  # bytes of a file
_HEX = frozenset("0123456789abcdef")
_KEY = 2 * 96  # digits of a root key
_AGAIN = "make the plan again: `ctxcheck plan`"


class PlanError(SourceError):
    """A file that is no plan, or one that was changed. Nothing in it is to be believed."""


class SavedPlan(NamedTuple):
    """A plan with its bytes. digest: SHA-256 of the file in hex, its name. data: the file."""

    plan: Plan
    blobs: Mapping[str, bytes]
    digest: str
    data: bytes

    @property
    def short(self) -> str:
        """The part of its name that is shown."""
        return self.digest[:12]


def packed(plan: Plan, blobs: Iterable[bytes]) -> SavedPlan:
    """Return a plan as a file. blobs: all bytes that it names. Raises PlanError: they do not fit together."""
    named = {sha256(blob).hexdigest(): blob for blob in blobs}
    used = _named(plan)
    if not used <= set(named):
        msg = f"the plan names bytes that are not given: {min(used - set(named))}"
        raise PlanError(msg)
    kept = {name: named[name] for name in sorted(used)}
    whole = plan._replace(blobs={name: len(blob) for name, blob in kept.items()})
    return unpacked(_FIRST + canonical(to_json(whole)) + b"\n" + b"".join(kept.values()), "the plan")


def unpacked(data: bytes, where: str) -> SavedPlan:
    """Return the plan of a file. Raises PlanError, whatever the bytes are."""
    if not data.startswith(_FIRST):
        msg = "this is not a plan"
        raise PlanError(msg, where=where, hint=f"a plan begins with the line {SCHEMA}")
    end = data.find(b"\n", len(_FIRST), len(_FIRST) + _MOST_JSON)
    try:
        plan = from_json(Plan, parsed(data[len(_FIRST) : max(end, 0)]), "plan")
        blobs = _blobs(plan, data, end + 1)
        _check(plan)
    except Malformed as error:
        msg = f"this plan is damaged: {error}"
        raise PlanError(msg, where=where, hint=_AGAIN) from None
    return SavedPlan(plan, blobs, sha256(data).hexdigest(), data)


def read_plan(path: Path) -> SavedPlan:
    """Return the plan of a file. Raises PlanError, SourceError."""
    try:
        if path.stat().st_size > MOST:
            msg = f"a plan has at most {MOST:,} bytes"
            raise PlanError(msg, where=str(path))
        data = path.read_bytes()
    except OSError as error:
        msg = f"the plan cannot be read: {error.strerror}"
        raise SourceError(msg, where=str(path)) from None
    return unpacked(data, str(path))


def _named(plan: Plan) -> set[str]:
    """Return the names of all bytes that a plan speaks of."""
    found: set[str] = set()
    for target in plan.targets:
        found |= {target.new.module, target.new.argument}
        found |= {section.content for section in target.old.sections.values()}
        found |= {check.argument for check in target.checks}
        found |= {check.value for check in target.checks if check.value is not None}
        found |= {one for one in (target.old.certificate, target.proof.evidence) if one is not None}
    return found


def _blobs(plan: Plan, data: bytes, at: int) -> dict[str, bytes]:
    """Return the bytes behind the description. Raises Malformed."""
    if set(plan.blobs) != _named(plan):
        msg = "it names other bytes than it has"
        raise Malformed(msg)
    if at + sum(plan.blobs.values()) != len(data):
        msg = "it has another length than it says"
        raise Malformed(msg)
    found = {}
    for name, size in sorted(plan.blobs.items()):
        found[name] = data[at : at + size]
        at += size
        if sha256(found[name]).hexdigest() != name:
            msg = f"the bytes {name[:12]} are not what they were"
            raise Malformed(msg)
    return found


def _check(plan: Plan) -> None:
    """Raise Malformed where what the plan says cannot be."""
    if len(plan.network.root_key) != _KEY or not set(plan.network.root_key) <= _HEX:
        msg = "its root key is none"
        raise Malformed(msg)
    names: set[str] = set()
    for target in plan.targets:
        if target.name in names or not target.name:
            msg = f"two targets are called `{target.name[:40]}`"
            raise Malformed(msg)
        if not set(target.after) <= names:
            msg = f"`{target.name[:40]}` comes before what it has to come after"
            raise Malformed(msg)
        names.add(target.name)
        _check_target(plan, target)
    if not names:
        msg = "it has no target"
        raise Malformed(msg)
    if len({target.canister for target in plan.targets}) != len(plan.targets):
        msg = "a canister is a target twice"
        raise Malformed(msg)
    if plan.expires <= plan.created:
        msg = "it expires before it was made"
        raise Malformed(msg)
    allowed = plan.approvers.allowed
    if not 1 <= plan.approvers.needed <= len(allowed) or len(set(allowed)) != len(allowed):
        msg = "more approvals are needed than there may be"
        raise Malformed(msg)
    for principal in (*allowed, plan.sender):
        _principal(principal)


def _check_target(plan: Plan, target: Target) -> None:
    _principal(target.canister)
    for principal in target.old.controllers:
        _principal(principal)
    if plan.blobs[target.new.module] != target.new.size or not target.new.size:
        msg = f"the module of `{target.name[:40]}` has another size"
        raise Malformed(msg)
    if len(target.old.module_hash) != 64 or not set(target.old.module_hash) <= _HEX:  # noqa: PLR2004 - SHA-256 in hex
        msg = f"`{target.name[:40]}` has no module hash"
        raise Malformed(msg)
    for amount in (target.budget.needed, target.budget.have, target.budget.monthly):
        if not (amount.isascii() and amount.isdecimal() and len(amount) < 40):  # noqa: PLR2004 - 128 bits
            msg = f"`{target.name[:40]}` has a budget of {amount[:40]!r}"
            raise Malformed(msg)
    if len({check.name for check in target.checks}) != len(target.checks):
        msg = f"two checks of `{target.name[:40]}` have one name"
        raise Malformed(msg)
    for check in target.checks:
        if (check.value is not None) != (check.expects == "value"):
            msg = f"the check `{check.name[:40]}` does not say what it expects"
            raise Malformed(msg)


def _principal(text: str) -> None:
    try:
        same = str(Principal.parse(text)) == text
    except ValueError:
        same = False
    if not same:
        msg = f"{text[:80]!r} is no principal"
        raise Malformed(msg)
