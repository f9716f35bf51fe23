"""What a plan says, found again from its bytes: the certificates, and each change."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from analyzer.candid.principal import Principal
from analyzer.compare.versions import ChangeSet
from analyzer.errors import CtxError
from analyzer.model import RULES_VERSION
from analyzer.policy.accepted import Accepted
from analyzer.policy.levels import Policy
from analyzer.report.words import path_text
from migrator.network.canister import proven_canister
from migrator.network.certificate import MAINNET_KEY
from migrator.network.errors import CertificateError
from migrator.plan.changes import built, change, compared, deployed, may_pass
from migrator.plan.file import PlanError
from migrator.plan.form import Malformed
from migrator.rehearsal.evidence import read_evidence

if TYPE_CHECKING:
    from migrator.plan.file import SavedPlan
    from migrator.plan.model import Change, Target
    from migrator.rehearsal.model import Rehearsal

_MAINNETS = ("ic", "mainnet")


class Proven(NamedTuple):
    """What a plan's bytes show. changes: of all targets. notes: what is to be known about them."""

    changes: ChangeSet
    notes: list[str]


def proven(saved: SavedPlan) -> Proven:
    """Compare the two sides of each target again, and check its certificate. Raises PlanError: it says otherwise."""
    plan = saved.plan
    is_mainnet = plan.network.root_key == MAINNET_KEY.hex()
    notes = []
    if plan.rules != RULES_VERSION:
        notes.append(f"made with the rules {plan.rules}; this ctxcheck has {RULES_VERSION}")
    if plan.network.local and is_mainnet:
        msg = "it calls mainnet a local network"
        raise _untrue(msg)
    if plan.network.name in _MAINNETS and not is_mainnet:
        notes.append(f"the network is called `{plan.network.name}`, and its key is not mainnet's")
    canisters = []
    for target in plan.targets:
        notes += _check_certificate(saved, target)
        _check_rehearsal(saved, target)
        found = _compared(saved, target)
        _check_changes(target, found, same_rules=plan.rules == RULES_VERSION)
        _let_through(target, found, plan.created)
        canisters += found.canisters
    return Proven(ChangeSet(canisters, plan.targets[0].profile, Policy(plan.policy)), notes)


def _compared(saved: SavedPlan, target: Target) -> ChangeSet:
    old = target.old
    shown = {name: (saved.blobs[one.content], one.origin) for name, one in old.sections.items()}
    before = deployed(target.name, shown, old.module_hash, old.hidden)
    after = built(target.name, saved.blobs[target.new.module])
    if target.new.keep != (before.persistence == after.persistence == "eop"):
        msg = f"{target.name} keeps its main memory only where both versions have the persistence for it"
        raise _untrue(msg)
    if before.persistence == "eop" and not target.new.keep:
        msg = f"{target.name} would lose its main memory"
        raise _untrue(msg)
    return compared(before, after, target.profile, saved.plan.policy)


def _check_changes(target: Target, found: ChangeSet, *, same_rules: bool) -> None:
    def told(one: Change) -> tuple[str, ...]:
        return (one.fingerprint, one.surface, one.rule or "", one.verdict, str(one.guide), one.path, one.effect)

    again = sorted((told(one), one.blocked_by) for one in map(change, found.occurrences))
    said = sorted((told(one), one.blocked_by) for one in target.changes)
    if [one for one, _ in again] != [one for one, _ in said] and same_rules:
        msg = f"{target.name} has {len(again)} changes, and the plan tells of {len(said)}, or of others"
        raise _untrue(msg)
    # A project may make more block, never less: what it lets through is written down as such.
    blocks = dict(said)
    if same_rules and any(blocked and not blocks.get(one) for one, blocked in again):
        msg = f"a change of {target.name} blocks, and the plan says that it does not"
        raise _untrue(msg)


def _let_through(target: Target, found: ChangeSet, now: int) -> None:
    """Note who let which change through, as the plan has it."""
    said = {one.fingerprint: one for one in target.changes}
    for occurrence in found.occurrences:
        one = said.get(occurrence.fingerprint)
        if one is None or one.accepted is None or not may_pass(one, now):
            continue
        letting = one.accepted
        try:
            on = date.fromisoformat(letting.on)
            until = None if letting.until is None else date.fromisoformat(letting.until)
        except ValueError:
            msg = "a change was accepted on a day that is none"
            raise _untrue(msg) from None
        where, rule = path_text(occurrence.root, occurrence.path), occurrence.rule or ""
        by = (letting.reason, letting.by)
        occurrence.accepted = Accepted(occurrence.fingerprint, target.name, rule, "", where, *by, on, until)
        occurrence.blocked_by = ()


def _check_certificate(saved: SavedPlan, target: Target) -> list[str]:
    """Check what is said to be certified. Return notes."""
    old = target.old
    if old.certificate is None:
        return [f"{target.name}: nothing proves what runs now"]
    try:
        key = bytes.fromhex(saved.plan.network.root_key)
        told = proven_canister(
            saved.blobs[old.certificate],
            Principal.parse(target.canister).raw,
            root_key=key,
            hidden=frozenset(old.hidden),
        )
    except (CertificateError, ValueError) as error:
        msg = f"what runs in {target.name} is not certified: {error}"
        raise _untrue(msg) from None
    except CtxError as error:
        msg = f"the certificate of {target.name} shows something else: {error}"
        raise _untrue(msg) from None
    sections = {name: saved.blobs[one.content] for name, one in old.sections.items() if one.origin == "certified"}
    same = (
        told.time == old.time
        and told.module_hash == bytes.fromhex(old.module_hash)
        and tuple(sorted(str(Principal(one)) for one in told.controllers)) == old.controllers
        and told.sections == sections
    )
    if not same:
        msg = f"the certificate of {target.name} shows something else"
        raise _untrue(msg)
    given = [f"{name} ({one.origin})" for name, one in old.sections.items() if one.origin != "certified"]
    return [f"{target.name}: not certified, given by hand: {', '.join(given)}"] if given else []


def _check_rehearsal(saved: SavedPlan, target: Target) -> None:
    """Check that what is said of a rehearsal is what its evidence shows."""
    told = rehearsal_of(saved, target)
    proof = target.proof
    said = (target.name, target.old.module_hash, target.new.module, proof.rehearsed, proof.compared)
    if told is None and (proof.rehearsed, proof.compared) != (None, None):
        msg = f"{target.name} is called rehearsed, and nothing shows it"
        raise _untrue(msg)
    if told is not None and (told.name, told.old_module, told.module, told.proof, told.compared) != said:
        msg = f"the rehearsal of {target.name} shows something else"
        raise _untrue(msg)


def rehearsal_of(saved: SavedPlan, target: Target) -> Rehearsal | None:
    """Return the rehearsal that a plan carries; None: none. Raises PlanError: what it carries is none."""
    if target.proof.evidence is None:
        return None
    try:
        return read_evidence(saved.blobs[target.proof.evidence])
    except Malformed as error:
        msg = f"what it carries of {target.name} is no rehearsal: {error}"
        raise _untrue(msg) from None


def _untrue(what: str) -> PlanError:
    return PlanError(f"the plan contradicts itself: {what}", hint="make it again: `ctxcheck plan`")
