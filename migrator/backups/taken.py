"""Which snapshots on the chain are ours: those that we took, one line each. Others are never touched."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, NamedTuple

from migrator.backups.private import make_folder, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Taken(NamedTuple):
    """A snapshot that we took. snapshot_id: hex. taken_at: ns since epoch. why: the backup or the run it is for."""

    network: str
    canister: str
    snapshot_id: str
    taken_at: int
    why: str


def note_taken(path: Path, taken: Taken) -> None:
    """Add a snapshot that the network just confirmed; it is on the disk when this returns. Raises OSError.

    One that was taken and not noted, because the machine stopped in between, counts as somebody else's.
    """
    make_folder(path.parent)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, ("\n" + json.dumps(taken._asdict(), sort_keys=True) + "\n").encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(path.parent)


def read_taken(path: Path) -> list[Taken]:
    """Return the snapshots that we took, the oldest first; lines that were cut off are left out."""
    found = []
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            told = json.loads(line)
            one = Taken(**told)
        except (ValueError, TypeError, RecursionError):
            continue
        if isinstance(one.snapshot_id, str) and isinstance(one.taken_at, int):
            found.append(one)
    return found


def ours_to_delete(
    taken: Iterable[Taken], there: Iterable[str], *, network: str, canister: str, keep_last: int
) -> list[Taken]:
    """Return our snapshots of a canister that may go, but for the last so many. there: ids (hex) on the chain now."""
    present = set(there)
    ours = {
        one.snapshot_id: one
        for one in taken
        if (one.network, one.canister) == (network, canister) and one.snapshot_id in present
    }
    newest_first = sorted(ours.values(), key=lambda one: (-one.taken_at, one.snapshot_id))
    return newest_first[keep_last:]
