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


def left_over(
    taken: Iterable[Taken], there: Iterable[tuple[str, int]], needed: Iterable[tuple[str, int]]
) -> list[Taken]:
    """Return the snapshots that we took of a canister, that still are on the chain and that nothing needs any more.

    there: of the canister, now; needed: of downloads that were cut off; each an id (hex) and when it was taken, for an
    id comes again where a local network is begun anew.
    """
    present, kept = set(there), set(needed)
    ours = {(one.snapshot_id, one.taken_at): one for one in taken}
    found = [one for name, one in ours.items() if name in present and name not in kept]
    return sorted(found, key=lambda one: (one.taken_at, one.snapshot_id))
