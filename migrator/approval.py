"""Approvals: a person's signed statement about one plan: who, when, why.

What is signed is never a request to the network: it begins otherwise. An approval protects from mistakes and from plans
that are out of date; whoever holds a controller's key can do without this tool.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Literal, NamedTuple

from analyzer.candid.principal import Principal
from analyzer.errors import CtxError, UsageError
from migrator.backups.private import make_folder, write_file
from migrator.network.signatures import is_signed_by, principal_of
from migrator.plan.changes import may_pass
from migrator.plan.form import Malformed, canonical, from_json, parsed, to_json
from migrator.plan.words import moment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from migrator.network.identity import Identity
    from migrator.plan.file import SavedPlan

SCHEMA: Literal["ctxcheck.approval/1"] = "ctxcheck.approval/1"
SEPARATOR = b"\x13ctxcheck-approval/1"  # its length before it, as the network's own: no request begins so
_MOST = 64 * 1024  # bytes of a file
_MOST_REASON = 2000


class Blocked(CtxError):
    """Changes of the plan stand in the way: no approval helps."""

    exit_code = 1


class NotApproved(CtxError):
    """The plan may not run: approvals are missing, or its time is over."""

    exit_code = 4


class Approval(NamedTuple):
    """A statement. plan: the digest. approver: principal. time: ns since epoch, of the approver's clock.

    public_key: DER, and signature, in hex.
    """

    schema: Literal["ctxcheck.approval/1"]
    plan: str
    approver: str
    reason: str
    time: int
    public_key: str
    signature: str


def signed_bytes(plan: str, approver: str, reason: str, time: int) -> bytes:
    """Return what is signed: the separator and SHA-256 of the statement, canonical JSON."""
    said = {"approver": approver, "plan": plan, "reason": reason, "schema": SCHEMA, "time": time}
    return SEPARATOR + sha256(canonical(said)).digest()


def approve(saved: SavedPlan, identity: Identity, reason: str, now: int) -> Approval:
    """Return an approval of a plan. now: ns since epoch. Raises Blocked, UsageError: who may not, or says nothing."""
    refuse_blocked(saved, now)
    approver = str(Principal(identity.sender))
    if identity.public_key is None or approver not in saved.plan.approvers.allowed:
        msg = f"{approver} is not among those who may approve this plan"
        raise UsageError(msg, hint=f"--identity of one of {', '.join(saved.plan.approvers.allowed)}")
    if not reason.strip() or len(reason) > _MOST_REASON:
        msg = f"the reason is missing, or longer than {_MOST_REASON:,} characters"
        raise UsageError(msg, hint="--reason TEXT: who reads the history wants to know why")
    if now > saved.plan.expires:
        raise _expired(saved, now)
    signature = identity.sign(signed_bytes(saved.digest, approver, reason, now))
    return Approval(SCHEMA, saved.digest, approver, reason, now, identity.public_key.hex(), signature.hex())


def is_valid(approval: Approval) -> bool:
    """Tell whether an approval is what its approver signed."""
    try:
        key, signature = bytes.fromhex(approval.public_key), bytes.fromhex(approval.signature)
        approver = Principal.parse(approval.approver).raw
    except ValueError:
        return False
    message = signed_bytes(approval.plan, approval.approver, approval.reason, approval.time)
    return principal_of(key) == approver and is_signed_by(key, message, signature)


def refuse_blocked(saved: SavedPlan, now: int) -> None:
    """Raise Blocked where a change of the plan stands in the way. now: ns since epoch."""
    standing = [(target, one) for target in saved.plan.targets for one in target.changes if not may_pass(one, now)]
    if not standing:
        return
    target, one = standing[0]
    msg = f"{len(standing)} change(s) of the plan block and are not accepted; {target.name}: {one.rule} {one.path}"
    hint = "accept it with a reason (`ctxcheck accept`) and plan again"
    if any(one.surface == "stable" and one.verdict in ("breaking", "undecided") for _, one in standing):
        hint = "stored data is at stake: write a migration function (`ctxcheck suggest`) and plan again"
    raise Blocked(msg, hint=hint)


def granted(saved: SavedPlan, approvals: Iterable[Approval], now: int, *, local: bool) -> list[Approval]:
    """Return the approvals by which a plan may run; none where it needs none. now: certified time, ns since epoch.

    local: the network is on this machine, and not mainnet. Raises Blocked, NotApproved.
    """
    refuse_blocked(saved, now)
    if now > saved.plan.expires:
        raise _expired(saved, now)
    approvers = saved.plan.approvers
    given = {
        one.approver: one
        for one in approvals
        if one.plan == saved.digest and one.approver in approvers.allowed and is_valid(one)
    }
    if needs_none(saved, local=local) or len(given) >= approvers.needed:
        return [given[name] for name in sorted(given)]
    msg = f"the plan has {len(given)} of {approvers.needed} approval(s)"
    waiting = [name for name in approvers.allowed if name not in given]
    hint = f"ctxcheck approve PLAN --reason TEXT, by {' or '.join(waiting)}"
    raise NotApproved(msg, hint=hint)


def needs_none(saved: SavedPlan, *, local: bool) -> bool:
    """Tell whether a plan may run without an approval: all its changes are safe, and it is here, or allowed to."""
    targets = saved.plan.targets
    safe = all(one.verdict == "safe" and not one.guide for target in targets for one in target.changes)
    if local and saved.plan.network.local:
        return safe
    certified = all(target.old.is_certified for target in targets)
    return safe and certified and saved.plan.approvers.auto_approve == "safe"


def _expired(saved: SavedPlan, now: int) -> NotApproved:
    msg = f"the plan expired {moment(saved.plan.expires)}, and it is {moment(now)}"
    return NotApproved(msg, hint="make it again: `ctxcheck plan`")


# Files.


def write_approval(folder: Path, approval: Approval) -> Path:
    """Keep an approval under a folder `.ctxcheck` and return its file."""
    make_folder(folder, ignored=True)
    path = make_folder(folder / "approvals" / approval.plan) / f"{approval.approver}.json"
    write_file(path, canonical(to_json(approval)) + b"\n")
    return path


def read_approvals(folder: Path, digest: str) -> tuple[list[Approval], list[str]]:
    """Return the valid approvals of a plan under a folder `.ctxcheck`, and words about files that are none."""
    found, refused = [], []
    for path in sorted((folder / "approvals" / digest).glob("*.json")):
        try:
            with path.open("rb") as file:
                approval = from_json(Approval, parsed(file.read(_MOST).removesuffix(b"\n")), "approval")
        except (OSError, Malformed) as error:
            refused.append(f"{path}: {error}")
            continue
        if approval.plan == digest and is_valid(approval):
            found.append(approval)
        else:
            refused.append(f"{path}: it is not signed by {approval.approver[:80]}, or is about another plan")
    return found, refused
