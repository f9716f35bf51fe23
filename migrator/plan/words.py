"""A plan in words: the same sentences for a terminal and for a page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from analyzer.report.words import clean
from migrator.plan.changes import may_pass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrator.plan.model import Change, Plan, Target

_TRILLION = 1_000_000_000_000
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024


def moment(ns: int) -> str:
    """Return ns since epoch as people read it, UTC."""
    try:
        return f"{datetime.fromtimestamp(ns / 1e9, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError):
        return f"{ns} ns"


def cycles(amount: str) -> str:
    """Return cycles as people read them."""
    return f"{int(amount) / _TRILLION:,.3f} T cycles"


def size(count: int) -> str:
    """Return bytes as people read them."""
    amount = float(count)
    for unit in _UNITS:
        if amount < _STEP or unit == _UNITS[-1]:
            break
        amount /= _STEP
    return f"{amount:,.0f} {unit}" if unit == "B" else f"{amount:,.1f} {unit}"


def head(plan: Plan) -> Iterator[tuple[str, str]]:
    """Give what holds for the whole plan: name and words."""
    where = f"{clean(plan.network.name)} at {clean(plan.network.url, 200)}"
    yield "network", where + (" (local)" if plan.network.local else "")
    yield "run by", clean(plan.sender)
    yield "made", f"{moment(plan.created)} with ctxcheck {clean(plan.tool)}, rules {clean(plan.rules)}"
    yield "expires", f"{moment(plan.expires)}, certified time"
    approvers = ", ".join(clean(one) for one in plan.approvers.allowed)
    auto = "; none is needed where every change is safe and certified" if plan.approvers.auto_approve == "safe" else ""
    yield "approval", f"{plan.approvers.needed} of {approvers}{auto}"


def of_target(target: Target) -> Iterator[tuple[str, str]]:
    """Give what is to become of a canister: name and words."""
    old, new = target.old, target.new
    if target.after:
        yield "after", ", ".join(map(clean, target.after))
    proof = f"certified {moment(old.time)}" if old.is_certified else "NOT all of it certified"
    yield "runs", f"module {old.module_hash[:12]}, {proof}"
    yield "controlled by", ", ".join(map(clean, old.controllers)) or "nobody"
    kept = "main memory is kept" if new.keep else "data go through stable memory"
    yield "new", f"module {new.module[:12]}, {size(new.size)}, {kept}"
    argument = new.argument_text if new.argument_text is not None else f"{new.argument[:12]} (encoded)"
    yield "argument", clean(argument, 200)
    build = target.build
    commit = f", commit {clean(build.commit)}" if build.commit else ""
    dirty = ", with changes that are not committed" if build.dirty else ""
    by = f", {clean(build.compiler)}" if build.compiler else ""
    yield "built from", f"{clean(build.source, 200)}{commit}{dirty}{by}"
    checks = ", ".join(f"{clean(check.name)} ({check.expects})" for check in target.checks)
    yield "checks", checks or "what is certified; no calls"
    budget = target.budget
    yield (
        "takes",
        f"{cycles(budget.needed)} of {cycles(budget.have)}; about {budget.downtime} s of downtime (estimated)",
    )
    yield "snapshot", f"{size(budget.snapshot_size)}, {budget.slots} more possible, {cycles(budget.monthly)} a month"
    copies = {"before": "downloaded before the upgrade", "after": "downloaded after it", "no": "not downloaded"}
    backup = target.backup
    kinds = " and ".join(word for word, is_on in (("files", backup.files), ("data", backup.data)) if is_on == "yes")
    yield "backup", f"{kinds or 'no files, no data'}; the snapshot is {copies[backup.snapshot]}, {backup.keep} kept"
    after = {"unchanged": "while nothing was written", "always": "always", "never": "never"}
    timers = "the old module is put on itself, which arms them" if target.rollback.timers == "rearm" else "told"
    yield "rollback", f"before start by itself; after start {after[target.rollback.after_start]}; timers: {timers}"
    yield "proof", proof_words(target)


def proof_words(target: Target) -> str:
    """Return how far the upgrade is proven."""
    proof = target.proof
    types = "types compared" if proof.types else "types NOT compared"
    rehearsed = f"rehearsed on {clean(proof.rehearsed, 200)}" if proof.rehearsed is not None else "not rehearsed"
    asked = " (required)" if target.rehearse == "yes" and proof.rehearsed is None else ""
    if proof.skipped is not None:
        asked = f", on purpose: {clean(proof.skipped, 200)}"
    compared = "no values compared" if proof.compared is None else f"{proof.compared:,} values compared"
    later = " (to be compared during the run)" if target.state_compare == "yes" else ""
    return f"{types}; {rehearsed}{asked}; {compared}{later}"


def steps(target: Target) -> list[str]:
    """Return what a run does, in order."""
    found = ["lock", "check again what is certified"]
    if target.backup.files == "yes" or target.backup.data == "yes":
        found.append("back up")
    found += ["stop", "take a snapshot"]
    if target.backup.snapshot == "before":
        found.append("download it")
    found += ["install", "check the stopped canister"]
    if target.state_compare == "yes":
        found.append("compare the values")
    found += ["start", "check the running canister", "commit"]
    if target.backup.snapshot == "after":
        found.append("download the snapshot")
    return [*found, "prune snapshots of ours"]


def standing(plan: Plan) -> list[tuple[Target, Change]]:
    """Return the changes that stand in the way: they block, and nobody let them through."""
    return [(target, one) for target in plan.targets for one in target.changes if not may_pass(one, plan.created)]
