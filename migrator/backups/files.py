"""The files of a project: copied with a manifest of hashes, and put back without losing what was edited since."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import SourceError
from migrator.backups.private import make_folder, write_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SCHEMA = "ctxcheck.files/1"
_MANIFEST = "ctxcheck-manifest.json"
_NAMES = (
    "src",
    "dfx.json",
    "icp.yaml",
    "mops.toml",
    "mops.lock",
    "package.json",
    "ctxcheck.toml",
    "canister_ids.json",
    ".env",
)
NETWORKS = (".dfx", ".icp")  # only while the local network in them is stopped
_SECONDS = 20


class FilesBackup(NamedTuple):
    """hashes: SHA-256 of each file by its path in the project. left_out: what is not in it, and why."""

    folder: Path
    hashes: dict[str, str]
    commit: str | None
    is_dirty: bool | None
    left_out: dict[str, str]


def back_up_files(project: Path, folder: Path, *, running: Iterable[str] = ()) -> FilesBackup:
    """Copy the files of a project. running: of `NETWORKS`, those whose local network runs. Raises OSError."""
    make_folder(folder)
    hashes: dict[str, str] = {}
    left_out = dict.fromkeys(running, "its local network runs: stop it, and make the backup again")
    for name in (*_NAMES, *NETWORKS):
        if name not in left_out and (project / name).exists():
            for path in _files(project, project / name, left_out):
                relative = path.relative_to(project).as_posix()
                content = path.read_bytes()
                target = folder / relative
                make_folder(target.parent)
                descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                stat = path.stat()
                os.utime(target, ns=(stat.st_atime_ns, stat.st_mtime_ns))
                hashes[relative] = sha256(content).hexdigest()
    commit, is_dirty = git_state(project)
    told = {"schema": SCHEMA, "files": hashes, "commit": commit, "is_dirty": is_dirty, "left_out": left_out}
    write_file(folder / _MANIFEST, (json.dumps(told, indent=1, sort_keys=True) + "\n").encode())
    return FilesBackup(folder, hashes, commit, is_dirty, left_out)


def _files(project: Path, path: Path, left_out: dict[str, str]) -> Iterator[Path]:
    if path.is_symlink():
        left_out[path.relative_to(project).as_posix()] = "it is a link"
    elif path.is_dir():
        for inner in sorted(path.iterdir()):
            yield from _files(project, inner, left_out)
    elif path.is_file():
        yield path
    else:
        left_out[path.relative_to(project).as_posix()] = "it is neither a file nor a folder"


def git_state(project: Path) -> tuple[str | None, bool | None]:
    """Return the commit of a project and whether something is not committed; None where git does not tell."""

    def told(*arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", *arguments], cwd=project, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    commit = told("rev-parse", "HEAD")
    changed = told("status", "--porcelain")
    return commit, None if changed is None else bool(changed)


def read_files_backup(folder: Path) -> FilesBackup:
    """Return a backup of files. Raises SourceError: it has no manifest of ours, or names files outside of itself."""
    path = folder / _MANIFEST
    try:
        told = json.loads(path.read_text("utf-8"))
        hashes = {str(name): str(one) for name, one in told["files"].items()}
    except (OSError, ValueError, KeyError, AttributeError):
        msg = "it has no manifest of ctxcheck: a backup of the npm script, or an unfinished one"
        raise SourceError(msg, where=str(folder), hint="copy what you need out of it by hand") from None
    for name in hashes:
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts or "\\" in name or not parts.parts:
            msg = f"the manifest names `{name}`, which is outside of the backup"
            raise SourceError(msg, where=str(path))
    return FilesBackup(folder, hashes, told.get("commit"), told.get("is_dirty"), told.get("left_out") or {})


class FileChange(NamedTuple):
    """What restoring does to a file. kind: `same`, `missing` (it is made), `changed`, `later` (edited since)."""

    name: str
    kind: str


def compare_files(backup: FilesBackup, project: Path) -> list[FileChange]:
    """Return what restoring would do. Raises SourceError: a copy is not what it was, or a link is in the way."""
    found = []
    for name, hashed in sorted(backup.hashes.items()):
        copy, target = backup.folder / name, project / name
        if copy.is_symlink() or not copy.is_file() or sha256(copy.read_bytes()).hexdigest() != hashed:
            msg = "the copy is missing, or is not what it was"
            raise SourceError(msg, where=str(copy), hint="restore from another backup")
        _refuse_links(project, target)
        if not target.exists():
            found.append(FileChange(name, "missing"))
        elif sha256(target.read_bytes()).hexdigest() == hashed:
            found.append(FileChange(name, "same"))
        else:
            later = target.stat().st_mtime_ns > (backup.folder / _MANIFEST).stat().st_mtime_ns
            found.append(FileChange(name, "later" if later else "changed"))
    return found


def _refuse_links(project: Path, target: Path) -> None:
    for part in (target, *target.parents):
        if part == project:
            return
        if part.is_symlink():
            msg = "this is a link, and what it leads to may be outside of the project"
            raise SourceError(msg, where=str(part))
        if part.exists() and part != target and not part.is_dir():
            msg = "this is no folder"
            raise SourceError(msg, where=str(part))
    msg = "this is outside of the project"
    raise SourceError(msg, where=str(target))


def restore_files(backup: FilesBackup, project: Path, names: Iterable[str], replaced: Path) -> int:
    """Put files back; what they replace is kept in the folder `replaced`. Return how many. Raises OSError."""
    done = 0
    for name in names:
        target = project / name
        if target.exists():
            kept = replaced / name
            make_folder(kept.parent)
            shutil.copy2(target, kept)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.ctxcheck")
        shutil.copyfile(backup.folder / name, draft)
        if target.exists():
            shutil.copymode(target, draft)
        draft.replace(target)
        done += 1
    return done
