"""Bring the snapshot here: one on the chain is gone when the canister runs out of cycles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.steps import Plain

if TYPE_CHECKING:
    from migrator.context import Context
    from migrator.plan.model import Target


class Download(Plain):
    """The snapshot, kept off the chain."""

    def describe(self, target: Target) -> list[str]:
        """Return what it will do."""
        return ["download the snapshot", f"icp canister snapshot download {target.canister} SNAPSHOT -o FOLDER"]

    def run(self, at: Context) -> None:
        """Bring it."""
        if "backup_snapshot" not in at.facts and at.keepers.snapshot is not None:
            at.fact(backup_snapshot=at.keepers.snapshot(at, "snapshot"))


STEP = Download()
