"""Take a snapshot of the upgraded canister before anybody writes to it: what its values are compared by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.operations import Action
from migrator.steps.snapshot import Snapshot

if TYPE_CHECKING:
    from migrator.context import Context
    from migrator.plan.model import Target


class SnapshotNew(Snapshot):
    """As the first one, of the new version; deleted when it is undone, and when all is over."""

    step = "snapshot_new"
    version = "version_installed"

    def describe(self, target: Target) -> list[str]:
        """Return what it will do."""
        words = "take a snapshot of the new version, to compare with"
        return [words, f"icp canister snapshot create {target.canister}"]

    def module(self, at: Context) -> bytes:
        """Return the module that has to be there."""
        return at.new_hash

    def made(self, at: Context, action: str) -> bool | None:
        """Tell by the list; of a deletion, that it does not matter: what is still there is deleted again."""
        return False if action == "delete_snapshot" else super().made(at, action)

    def undo(self, at: Context) -> None:
        """Delete it."""
        snapshot = at.facts.get(self.step)
        if snapshot in {one.id.hex() for one in at.operations.snapshots(at.canister)}:
            at.change(self.step, Action("delete_snapshot", snapshot=bytes.fromhex(snapshot)))


STEP = SnapshotNew()
