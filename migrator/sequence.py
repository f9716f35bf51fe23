"""Which steps a target goes through, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migrator.plan.model import Target

COMMIT = "commit"
HOLD = "start"  # before it a run can be held: the new version is there, and nobody has written to it


def sequence(target: Target) -> tuple[str, ...]:
    """Return the ids of the steps for a target."""
    backup, compares = target.backup, target.state_compare == "yes"
    comparison = ["download_new", "compare"] if compares else []
    found = ["precheck"]
    if backup.files == "yes" or backup.data == "yes":
        found.append("backup")
    found += ["stop", "snapshot"]
    if backup.snapshot == "before":
        found.append("download")
    found += ["install", "verify_stopped"]
    if compares:
        found.append("snapshot_new")
    if backup.snapshot == "before":
        found += comparison
    found += ["start", "verify_running", COMMIT]
    if backup.snapshot == "after":
        found += ["download", *comparison]
    return (*found, "record", "prune")
