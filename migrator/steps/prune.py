"""Delete snapshots that earlier runs took and that are no longer needed; none that anybody else took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.operations import Action
from migrator.steps import Plain

if TYPE_CHECKING:
    from migrator.context import Context
    from migrator.plan.model import Target


class Prune(Plain):
    """The newest ones of ours stay, as many as the plan says, and the one of this run where it is the only copy."""

    def describe(self, target: Target) -> list[str]:
        """Return what it will do."""
        words = f"delete snapshots of ours but the newest {target.backup.keep}"
        return [words, f"icp canister snapshot delete {target.canister} SNAPSHOT"]

    def made(self, at: Context, _action: str) -> bool | None:
        """Tell that it does not matter: what is still there is deleted again."""
        del at
        return False

    def run(self, at: Context) -> None:
        """Delete them."""
        there = at.snapshots()
        mine = (at.facts["snapshot"], at.facts["snapshot_taken"])
        ours = [one for one in (*at.owned, mine) if one in there]
        keep = max(at.target.backup.keep, 0 if "backup_snapshot" in at.facts else 1)
        compared = [one for one in at.owned_new if one in there]
        for snapshot, _ in (*ours[: max(0, len(ours) - keep)], *compared):
            at.change("prune", Action("delete_snapshot", snapshot=bytes.fromhex(snapshot)))


STEP = Prune()
