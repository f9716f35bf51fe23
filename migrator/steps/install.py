"""Upgrade the stopped canister with the plan's module; undone by loading the snapshot."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from migrator.failures import OperatorNeeded, StepFailed
from migrator.network.errors import Rejected
from migrator.operations import Action
from migrator.plan.build import EMPTY
from migrator.steps import Plain
from migrator.steps.snapshot import new_ones, take, timer_armed

if TYPE_CHECKING:
    from migrator.context import Context
    from migrator.plan.model import Target


class Install(Plain):
    """The network does it whole or not at all: one that is refused leaves the old version as it was."""

    def describe(self, target: Target) -> list[str]:
        """Return what it will do."""
        keep = " --wasm-memory-persistence keep" if target.new.keep else ""
        command = f"icp canister install {target.canister} --mode upgrade{keep} --wasm FILE"
        return [f"upgrade to module {target.new.module[:12]}", command]

    def holds(self, at: Context, action: str) -> None:
        """Ask for the old version, as it was when the snapshot was taken; to go back, for the new one, stopped."""
        if action == "load_snapshot":
            self._may_load(at)
            return
        if action != "install":
            return
        status, stopped = at.status(), at.facts["version_stopped"]
        if status.module_hash != at.old_hash or status.status != "stopped" or status.version != stopped:
            msg = f"somebody changed or started {at.target.name} after its snapshot was taken"
            raise StepFailed(msg, hint="look at what runs, and make the plan again")

    def made(self, at: Context, action: str) -> bool | None:
        """Tell by the certified module; of an upgrade to the same module, nothing tells."""
        if action == "take_snapshot":
            return bool(new_ones(at, "snapshot_back"))
        if action == "delete_snapshot":
            return False  # what is still there is deleted again
        if at.old_hash == at.new_hash or action == "rearm":
            return None
        module = at.module()
        if module not in (at.old_hash, at.new_hash):
            return None
        return module == (at.new_hash if action == "install" else at.old_hash)

    def run(self, at: Context) -> None:
        """Upgrade it."""
        if at.did("install", "install"):
            return
        new = at.target.new
        action = Action("install", module=at.blob(new.module), argument=at.blob(new.argument), keep=new.keep)
        at.change("install", action, guard=lambda: self.holds(at, "install"), observed=lambda: self.made(at, "install"))

    def verify(self, at: Context) -> None:
        """Prove that the new module is there."""
        module = at.module()
        if module != at.new_hash:
            msg = f"{at.target.name} has the module {module.hex()[:12] if module else 'none'}, not the plan's"
            raise StepFailed(msg, hint="somebody else installed something: `ctxcheck recover`")

    def undo(self, at: Context) -> None:
        """Load the snapshot, if the upgrade was done and nobody changed it since."""
        if not at.did("install", "install"):
            return
        if not at.did("install", "load_snapshot"):
            self._load(at)
        if at.module() != at.old_hash:
            msg = f"{at.target.name} does not have its old module again"
            raise OperatorNeeded(msg, hint="`ctxcheck recover` shows what is there")
        if at.facts.get("timer"):
            if at.target.rollback.timers == "rearm" and not at.did("install", "rearm"):
                self._rearm(at)
            self._look_at_timer(at)

    def _load(self, at: Context) -> None:
        snapshot = bytes.fromhex(at.facts["snapshot"])
        at.change(
            "install",
            Action("load_snapshot", snapshot=snapshot),
            guard=lambda: self.holds(at, "load_snapshot"),
            observed=lambda: self.made(at, "load_snapshot"),
        )

    @staticmethod
    def _look_at_timer(at: Context) -> None:
        """Find out whether a timer is armed now: a load leaves it as it was. Only a snapshot tells."""
        try:
            if "timer_back" not in at.facts:
                take(at, "install", "snapshot_back")
                told = at.operations.snapshot_metadata(at.canister, bytes.fromhex(at.facts["snapshot_back"]))
                at.fact(timer_back=timer_armed(told))  # before it is deleted: a run may be cut off in between
            snapshot = bytes.fromhex(at.facts.get("snapshot_back", ""))
            if snapshot in {one.id for one in at.operations.snapshots(at.canister)}:
                at.change("install", Action("delete_snapshot", snapshot=snapshot), observed=lambda: False)
        except Rejected as error:
            at.told(f"whether a timer of {at.target.name} is armed cannot be seen: {error.what}")
            at.fact(timer_back=at.facts.get("timer_back", False))

    @staticmethod
    def _may_load(at: Context) -> None:
        status = at.status()
        if status.module_hash != at.new_hash:
            msg = f"somebody installed something else in {at.target.name}: what they did is not taken back"
            raise OperatorNeeded(msg, hint="`ctxcheck recover` shows what is there")
        if status.status != "stopped":
            msg = f"{at.target.name} is {status.status}: a snapshot is loaded into a stopped canister alone"
            raise OperatorNeeded(msg, hint=f"icp canister stop {at.target.canister}, then --resume")
        if (at.facts["snapshot"], at.facts["snapshot_taken"]) not in at.snapshots():
            msg = f"the snapshot {at.facts['snapshot']} of {at.target.name} is not on the chain any more"
            raise OperatorNeeded(
                msg, hint="`ctxcheck list` shows the copies that there are; `ctxcheck restore` loads one"
            )

    def _rearm(self, at: Context) -> None:
        """Put the old module on itself: what its body starts, timers among it, is started again."""
        module = at.operations.snapshot_module(at.canister, bytes.fromhex(at.facts["snapshot"]))
        if sha256(module).digest() != at.old_hash:
            msg = f"the snapshot of {at.target.name} holds another module than the one that ran"
            raise OperatorNeeded(msg, hint="its timers are not armed; the data are those of the snapshot")
        action = Action("install", module=module, argument=EMPTY, keep=at.target.new.keep)
        try:
            at.change("install", action, called="rearm")
        except Rejected as error:
            # The data are there and the old version runs; only what it started by itself does not go on.
            at.told(f"the timers of {at.target.name} are not armed: {error.what}")


STEP = Install()
