"""Take a snapshot of the stopped canister: what a rollback puts back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from migrator.failures import OperatorNeeded, StepFailed
from migrator.operations import Action
from migrator.steps import Plain

if TYPE_CHECKING:
    from migrator.context import Context
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

    def holds(self, at: Context) -> None:
        """Ask for the stopped canister with its module."""
        status = at.status()
        if status.module_hash != self.module(at) or status.status != "stopped":
            msg = f"somebody changed or started {at.target.name}"
            raise StepFailed(msg, hint="look at what runs, and make the plan again")

    def made(self, at: Context, _action: str) -> bool | None:
        """Tell by the list."""
        return bool(self._new(at))

    def _new(self, at: Context) -> list[str]:
        before = set(at.facts[f"{self.step}s_listed"])
        return sorted(one.id.hex() for one in at.operations.snapshots(at.canister) if one.id.hex() not in before)

    def run(self, at: Context) -> None:
        """Take it, unless it was taken."""
        if self.step in at.facts:
            return
        listed = f"{self.step}s_listed"
        if listed not in at.facts:
            at.fact(**{listed: sorted(one.id.hex() for one in at.operations.snapshots(at.canister))})
        if not self._new(at):
            at.change(
                self.step,
                Action("take_snapshot"),
                guard=lambda: self.holds(at),
                observed=lambda: self.made(at, "take_snapshot"),
            )
        new = self._new(at)
        if len(new) != 1:
            msg = f"{len(new)} snapshots of {at.target.name} are new, and one was taken"
            raise OperatorNeeded(msg, hint="somebody else takes snapshots of it: `ctxcheck recover`")
        at.fact(**{self.step: new[0]})

    def verify(self, at: Context) -> None:
        """Prove that it is of the canister as it stopped."""
        told = at.operations.snapshot_metadata(at.canister, bytes.fromhex(at.facts[self.step]))
        stopped = at.facts[self.version]
        if stopped is not None and told["canister_version"] != stopped:
            msg = f"the snapshot is of version {told['canister_version']}, and the canister stopped at {stopped}"
            raise StepFailed(msg, hint="something ran in between: try again")
        timer = told["global_timer"]
        name = "timer" if self.step == "snapshot" else "timer_new"
        at.fact(**{name: timer is not None and timer.value.label == "active"})


STEP = Snapshot()
