"""Take a snapshot of the stopped canister: what a rollback puts back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from migrator.failures import OperatorNeeded, StepFailed
from migrator.operations import Action
from migrator.steps import Plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrator.context import Context
    from migrator.network.management import SnapshotInfo
    from migrator.plan.model import Target


class Snapshot(Plain):
    """One more snapshot, none is replaced. Ours is the one that was not there before, of the version that stopped."""

    step: Literal["snapshot", "snapshot_new"] = "snapshot"  # also the name of the fact
    version = "version_stopped"  # the fact that has the version that the snapshot must be of

    def describe(self, target: Target) -> list[str]:
        """Return what it will do."""
        return ["take a snapshot; none is replaced", f"icp canister snapshot create {target.canister}"]

    def module(self, at: Context) -> bytes:
        """Return the module that has to be there."""
        return at.old_hash

    def holds(self, at: Context, action: str) -> None:
        """Ask for the stopped canister with its module, before a snapshot of it is taken."""
        if action != "take_snapshot":
            return
        status = at.status()
        if status.module_hash != self.module(at) or status.status != "stopped":
            msg = f"somebody changed or started {at.target.name}"
            raise StepFailed(msg, hint="look at what runs, and make the plan again")

    def made(self, at: Context, _action: str) -> bool | None:
        """Tell by the list."""
        return bool(new_ones(at, self.step))

    def run(self, at: Context) -> None:
        """Take it, unless it was taken."""
        take(at, self.step, self.step, guard=lambda: self.holds(at, "take_snapshot"))

    def verify(self, at: Context) -> None:
        """Prove that it is of the canister as it stopped."""
        told = at.operations.snapshot_metadata(at.canister, bytes.fromhex(at.facts[self.step]))
        stopped = at.facts[self.version]
        if stopped is not None and told["canister_version"] != stopped:
            msg = f"the snapshot is of version {told['canister_version']}, and the canister stopped at {stopped}"
            raise StepFailed(msg, hint="something ran in between: try again")
        name = "timer" if self.step == "snapshot" else "timer_new"
        at.fact(**{name: timer_armed(told)})


def take(at: Context, step: str, fact: str, *, guard: Callable[[], None] = lambda: None) -> None:
    """Take a snapshot, unless it was taken, and write down its id and its time. Raises OperatorNeeded, Rejected."""
    if fact in at.facts:
        return
    if f"{fact}s_listed" not in at.facts:
        at.fact(**{f"{fact}s_listed": sorted(name for name, _ in at.snapshots())})
    if not new_ones(at, fact):
        at.change(step, Action("take_snapshot"), guard=guard, observed=lambda: bool(new_ones(at, fact)))
    new = new_ones(at, fact)
    if len(new) != 1:
        msg = f"{len(new)} snapshots of {at.target.name} are new, and one was taken"
        raise OperatorNeeded(msg, hint="somebody else takes snapshots of it: `ctxcheck recover`")
    at.fact(**{fact: new[0].id.hex(), f"{fact}_taken": new[0].taken_at})


def new_ones(at: Context, fact: str) -> list[SnapshotInfo]:
    """Return the snapshots that were not there before one was taken as a fact."""
    before = set(at.facts[f"{fact}s_listed"])
    return [one for one in at.operations.snapshots(at.canister) if one.id.hex() not in before]


def timer_armed(metadata: dict[str, Any]) -> bool:
    """Tell by the metadata of a snapshot whether the global timer was armed."""
    timer = metadata["global_timer"]
    return timer is not None and timer.value.label == "active"


STEP = Snapshot()
