"""The values of a canister before and after its upgrade, from two snapshots that were brought here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.heap.diff import Change, compare
from analyzer.heap.diff_report import diff_document
from analyzer.heap.errors import HeapError
from migrator.backups.state import state_of_backup
from migrator.keepers import Compared

if TYPE_CHECKING:
    from analyzer.heap.diff import Result
    from migrator.backups.image import SnapshotImage


def compare_snapshots(before: SnapshotImage, after: SnapshotImage) -> Compared:
    """Compare all stable values of two snapshots of one canister, in at most some 300 MB of memory.

    before, after: both of the stopped canister, or the answer is no proof. What the new version's migration touches may
    differ; what differs beyond it is lost or changed. A value that cannot be compared counts as changed.
    Raises HeapError: one is not of a Motoko program with enhanced orthogonal persistence; DamagedError, SourceError.
    """
    return told(compare_backups(before, after))


def compare_backups(before: SnapshotImage, after: SnapshotImage) -> Result:
    """Compare, and return all that was found, by variable and path. Raises as `compare_snapshots`."""
    old, new = state_of_backup(before), state_of_backup(after)
    try:
        return compare(old, new)
    except HeapError as error:
        error.where = {"old": before.folder.name, "new": after.folder.name}.get(error.where or "", error.where)
        raise
    finally:
        old.image.close()
        new.image.close()


def why_not(before: SnapshotImage) -> str | None:
    """Return why the values of a snapshot cannot be compared with those after an upgrade, None: they can.

    To be asked before the canister is stopped. Raises DamagedError, SourceError.
    """
    try:
        state = state_of_backup(before)
    except HeapError as error:
        return str(error)
    hooked = state.hooked
    state.image.close()
    if hooked:
        return "the program changes its variables in `system func preupgrade`, after the snapshot was taken"
    return None


def told(result: Result) -> Compared:
    """Return a result as a run tells it: what the upgrade may do is no loss."""
    found: dict[Change, list[str]] = {change: [] for change in Change}
    for one in result.differences:
        if one.expected is None:
            found[one.change].append(one.path)
    lost, changed = found[Change.LOST], [*found[Change.CHANGED], *found[Change.UNKNOWN]]
    # Only the first differences are listed: none of what counts may be missing altogether.
    if not lost and result.count(Change.LOST, unexpected=True):
        lost = ["(not listed)"]
    if not changed and any(result.count(c, unexpected=True) for c in (Change.CHANGED, Change.UNKNOWN)):
        changed = ["(not listed)"]
    added, unseen = result.count(Change.ADDED), tuple(result.not_compared)
    worse = (Change.LOST, Change.CHANGED, Change.UNKNOWN)
    moved = tuple(one.path for one in result.differences if one.expected is not None and one.change in worse)
    report = diff_document(result, (), limit=0)
    return Compared(result.values, tuple(lost), tuple(changed), added, unseen, report, result.summary(), moved)
