"""Which steps a target goes through, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migrator.plan.model import Target

COMMIT = "commit"
HOLD = "start"  # before it a run can be held: the new version is there, and nobody has written to it


def sequence(target: Target) -> tuple[str, ...]:
    """Return the ids of the steps for a target."""
    backup = target.backup
    found = ["precheck"]
    if backup.files == "yes" or backup.data == "yes":
        found.append("backup")
    found += ["stop", "snapshot"]
    if backup.snapshot == "before":
        found.append("download")
    found += ["install", "verify_stopped"]
    if target.state_compare == "yes":
        found.append("compare")
    found += ["start", "verify_running", COMMIT]
    if backup.snapshot == "after":
        found.append("download")
    return (*found, "prune")
