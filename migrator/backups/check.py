"""Whether a backup is what it was: everything that is wrong with it, and never an end at the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.errors import CtxError
from migrator.backups.data import load_data, told_data
from migrator.backups.files import check_files, read_files_backup
from migrator.backups.image import SnapshotImage
from migrator.backups.listing import COMPLETE

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrator.backups.encryption import Identity
    from migrator.backups.listing import Backup
    from migrator.backups.store import Store


def check_backup(
    backup: Backup,
    store: Store,
    identity: Identity | None = None,
    *,
    read: bool,
    told: Callable[[int], None] = lambda _: None,
) -> list[str]:
    """Return what is wrong with a backup of ours. read: every piece of a snapshot, else only that they are there.

    Files and data are read in any case. What is encrypted is opened with its key, and without it held against the
    hashes of the files as they are.
    """
    if backup.state != COMPLETE:
        return [backup.state]
    try:
        match backup.kind:
            case "snapshot":
                return SnapshotImage(backup.path, store).check(read=read, told=told)
            case "files":
                return check_files(read_files_backup(backup.path, identity))
            case "data":
                if "encrypted" in told_data(backup.path) and identity is None:
                    return []
                load_data(backup.path, identity)
    except CtxError as error:
        return [str(error)]
    except OSError as error:
        return [f"it cannot be read: {error.strerror}"]
    return []
