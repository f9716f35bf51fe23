"""All backups of a project, also those of the user's earlier script, and which of them may go."""

from __future__ import annotations

import json
from shutil import rmtree
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from analyzer.errors import CtxError
from migrator.backups.data import load_data
from migrator.backups.files import read_files_backup
from migrator.backups.manifest import MANIFEST, read_manifest
from migrator.backups.stamp import time_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from migrator.backups.store import Store

Kind: TypeAlias = Literal["files", "data", "snapshot"]
_PREFIXES: dict[str, Kind] = {"fs-backup-": "files", "data-backup-": "data", "snapshot-": "snapshot"}


class Backup(NamedTuple):
    """One backup. time: ns since epoch. state: `complete`, `unverified` (of the npm script), or what is wrong.

    size: bytes of what was backed up. words: what is in it.
    """

    path: Path
    kind: Kind
    time: int
    state: str
    size: int
    words: str

    @property
    def name(self) -> str:
        """As it is called on the command line."""
        return self.path.name


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
        if kind == "snapshot":
            told = read_manifest(path)
            words = f"{told.name} {told.canister}" + (", was running: open calls break" if told.was_running else "")
            return Backup(path, kind, time, "complete", told.size, words)
        if kind == "files":
            files = read_files_backup(path)
            size = sum((path / name).stat().st_size for name in files.hashes)
            left = f", without {', '.join(files.left_out)}" if files.left_out else ""
            return Backup(path, kind, time, "complete", size, f"{len(files.hashes)} files{left}")
        data = load_data(path)
        entries = sum(one.entries or 0 for canister in data.values() for one in canister.listings.values())
        missing = sorted({name for canister in data.values() for name in canister.missing})
        words = f"{entries:,} entries" + (f", NOT backed up: {', '.join(missing)}" if missing else "")
        return Backup(path, kind, time, "complete", path.stat().st_size, words)
    except CtxError as error:
        ours = (path / MANIFEST).exists() if kind == "snapshot" else _is_ours(path)
        state = error.what if ours or kind == "snapshot" else "unverified"
        return Backup(path, kind, time, state, _size(path), "of another tool" if state == "unverified" else "")
    except OSError as error:
        return Backup(path, kind, time, f"cannot be read: {error.strerror}", 0, "")


def _is_ours(path: Path) -> bool:
    if path.is_dir():
        return (path / "ctxcheck-manifest.json").exists()
    try:
        with path.open(encoding="utf-8") as file:
            return "ctxcheck.data" in file.read(200)
    except (OSError, ValueError):
        return False


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file() and not one.is_symlink())


def to_prune(backups: Sequence[Backup], *, keep_last: int, older_than: int | None, now: int) -> list[Backup]:
    """Return the backups that may go: older (ns) than asked, and not among the last of their kind and canister.

    Those of other tools are never ours to take away.
    """
    kept: dict[tuple[str, str], int] = {}
    found = []
    for one in backups:
        if one.state == "unverified":
            continue
        group = one.kind, one.words.split(",")[0] if one.kind == "snapshot" else ""
        if one.state == "complete":
            kept[group] = kept.get(group, 0) + 1
        if (one.state != "complete" or kept[group] > keep_last) and (older_than is None or now - one.time > older_than):
            found.append(one)
    return found


def prune(backups: Sequence[Backup], folder: Path, store: Store) -> int:
    """Take backups away, and the pieces that no other one names. Return the bytes of these. Raises OSError."""
    for one in backups:
        if one.path.is_dir():
            rmtree(one.path)
        else:
            one.path.unlink(missing_ok=True)
    return collect(folder, store)


def collect(folder: Path, store: Store) -> int:
    """Take away the pieces that no backup names, and none while one cannot be read. Return their bytes."""
    named: set[str] = set()
    if folder.is_dir():
        for path in folder.glob("snapshot-*"):
            try:
                named |= _named(path)
            except (OSError, ValueError, KeyError, TypeError):
                return 0  # whatever it names may be what somebody needs
    return sum(store.drop(name) for name in list(store.names()) if name not in named)


def _named(path: Path) -> set[str]:
    """Return the pieces that a backup names, finished or not."""
    names: set[str] = set()
    log = path / "pieces.jsonl"
    if log.exists():
        for line in log.read_text("utf-8").splitlines():
            try:
                names |= {name for name in json.loads(line)[2] if name is not None}
            except (ValueError, IndexError, TypeError):
                continue  # the line that was being written
    if (path / MANIFEST).exists():
        told = json.loads((path / MANIFEST).read_bytes())
        names |= {name for one in told["sections"].values() for name in one["pieces"] if name is not None}
        names |= set(told["chunks"])
    return names
