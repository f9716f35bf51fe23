"""A snapshot on disk -> its stable variables: a directory of icp-cli, or one of the project's own backups."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import UsageError
from grammars.digest import sha256

if TYPE_CHECKING:
    from analyzer.heap.state import State


class Opened(NamedTuple):
    """A snapshot. name: as it was asked for. module: SHA-256 of it as it is installed, hex."""

    name: str
    state: State
    module: str


def open_snapshot(name: str, identity: Path | None = None) -> Opened:
    """Read a snapshot: a directory that icp-cli (1.5) wrote, or a backup by its name or path.

    identity: the file of the age key that opens an encrypted backup. Raises UsageError: there is neither; SourceError,
    HeapError.
    """
    from migrator.backups.icp import Directory  # noqa: PLC0415 - brings what backups need
    from migrator.backups.state import state_of_directory  # noqa: PLC0415

    path = Path(name)
    if (path / "metadata.json").exists():
        state, installed = state_of_directory(Directory(path))
        return Opened(name, state, sha256(installed).hexdigest())
    return _of_backup(name, path, identity)


def _of_backup(name: str, path: Path, identity: Path | None) -> Opened:
    from ctxcheck.backing_up import backups_folder, find_backup, open_store  # noqa: PLC0415 - see above
    from ctxcheck.connection import project_folder  # noqa: PLC0415
    from migrator.backups.image import SnapshotImage  # noqa: PLC0415
    from migrator.backups.manifest import MANIFEST  # noqa: PLC0415
    from migrator.backups.state import state_of_backup  # noqa: PLC0415

    # A path may lead to another project's backup, whose store lies beside it.
    project = path.resolve().parent.parent if (path / MANIFEST).exists() else project_folder()
    if path.is_dir() and backups_folder(project) != path.resolve().parent:
        msg = "this is neither a directory that icp-cli wrote nor a backup of a snapshot"
        raise UsageError(msg, where=name, hint="icp canister snapshot download CANISTER ID -o DIR")
    backup = find_backup(project, name)
    if backup.kind != "snapshot":
        msg = f"this is a backup of {backup.kind}, not of a snapshot"
        raise UsageError(msg, where=name, hint="`ctxcheck list` shows all")
    snapshot = SnapshotImage(backup.path, open_store(project, identity=identity))
    return Opened(name, state_of_backup(snapshot), snapshot.manifest.module_hash)
