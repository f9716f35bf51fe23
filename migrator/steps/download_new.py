"""Bring the snapshot of the new version here, to compare with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.steps import Plain

if TYPE_CHECKING:
    from migrator.context import Context
    from migrator.plan.model import Target


class DownloadNew(Plain):
    """What differs from the first one comes over the network; the store has the rest."""

    def describe(self, target: Target) -> list[str]:
        """Return what it will do."""
        return ["download that snapshot", f"icp canister snapshot download {target.canister} SNAPSHOT -o FOLDER"]

    def run(self, at: Context) -> None:
        """Bring it."""
        if "backup_snapshot_new" not in at.facts and at.keepers.snapshot is not None:
            at.fact(backup_snapshot_new=at.keepers.snapshot(at, "snapshot_new"))


STEP = DownloadNew()
