"""All backups of a project, also those of the user's earlier script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from analyzer.errors import CtxError
from migrator.backups.data import SCHEMA as DATA_SCHEMA
from migrator.backups.data import held, load_data, told_data
from migrator.backups.files import MANIFEST as FILES_MANIFEST
from migrator.backups.files import read_files_backup
from migrator.backups.manifest import read_manifest
from migrator.backups.stamp import PATTERN, time_of

if TYPE_CHECKING:
    from pathlib import Path

Kind: TypeAlias = Literal["files", "data", "snapshot"]
_PREFIXES: dict[str, Kind] = {"fs-backup-": "files", "data-backup-": "data", "snapshot-": "snapshot"}
COMPLETE, UNVERIFIED = "complete", "unverified"


class Backup(NamedTuple):
    """One backup. time: ns since epoch. state: `complete`, `unverified` (of the npm script), or what is wrong.

    size: bytes of what was backed up. words: what is in it. subject: of a complete snapshot, the canister and its
    network. holds: of complete data, each listing that is in it, with its canister and network.
    """

    path: Path
    kind: Kind
    time: int
    state: str
    size: int
    words: str
    subject: str = ""
    holds: frozenset[tuple[str, str, str]] = frozenset()

    @property
    def name(self) -> str:
        """As it is called on the command line."""
        return self.path.name

    @property
    def canister(self) -> str:
        """Of a snapshot, the canister's name as the backup's name has it."""
        return PATTERN.sub("", self.name.removeprefix("snapshot-")).removeprefix("-") if self.kind == "snapshot" else ""


def list_backups(folder: Path) -> list[Backup]:
    """Return the backups of a folder, the newest first."""
    found = []
    if folder.is_dir():
        for path in folder.iterdir():
            kind = next((kind for prefix, kind in _PREFIXES.items() if path.name.startswith(prefix)), None)
            time = time_of(path.name)
            if kind is not None and time is not None and not path.is_symlink():
                found.append(_read(path, kind, time))
    return sorted(found, key=lambda one: (-one.time, one.kind, one.name))


def _read(path: Path, kind: Kind, time: int) -> Backup:
    try:
        return {"snapshot": _snapshot, "files": _files, "data": _data}[kind](path, time)
    except CtxError as error:
        ours = kind == "snapshot" or _is_ours(path, kind)
        return Backup(
            path, kind, time, error.what if ours else UNVERIFIED, _size(path), "" if ours else "of another tool"
        )
    except OSError as error:
        return Backup(path, kind, time, f"cannot be read: {error.strerror}", 0, "")


def _snapshot(path: Path, time: int) -> Backup:
    told = read_manifest(path)
    words = f"{told.name} {told.canister}"
    words += ", was running: open calls break" if told.was_running else ""
    words += ", encrypted" if told.encrypted else ""
    return Backup(path, "snapshot", time, COMPLETE, told.size, words, f"{told.canister} {told.network}")


def _files(path: Path, time: int) -> Backup:
    told = read_files_backup(path)
    size = sum(told.copy_of(name).stat().st_size for name in told.names)
    words = f"{len(told.names)} files"
    words += f", without {', '.join(told.left_out)}" if told.left_out else ""
    words += ", encrypted" if told.sealed else ""
    return Backup(path, "files", time, COMPLETE, size, words)


def _data(path: Path, time: int) -> Backup:
    size = path.stat().st_size
    told = told_data(path)
    network = str(told.get("network"))
    if told.get("encrypted"):
        named = frozenset((str(canister), network, str(name)) for canister, name in told.get("holds", ()))
        return Backup(path, "data", time, COMPLETE, size, "encrypted", holds=named)
    data = load_data(path)
    entries = sum(one.entries or 0 for canister in data.values() for one in canister.listings.values())
    missing = sorted({name for canister in data.values() for name in canister.missing})
    words = f"{entries:,} entries" + (f", NOT backed up: {', '.join(missing)}" if missing else "")
    holds = frozenset((one.id, network, name) for one in data.values() for name in held(one))
    return Backup(path, "data", time, COMPLETE, size, words, holds=holds)


def _is_ours(path: Path, kind: Kind) -> bool:
    if kind == "files":
        return (path / FILES_MANIFEST).exists()
    try:
        with path.open(encoding="utf-8") as file:
            return DATA_SCHEMA.partition("/")[0] in file.read(200)
    except (OSError, ValueError):
        return False


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file() and not one.is_symlink())
