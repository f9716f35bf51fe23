"""The files of a project: copied with a manifest of hashes, and put back without losing what was edited since."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import time
from hashlib import sha256
from pathlib import Path, PurePosixPath
from shutil import rmtree
from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.errors import SourceError
from migrator.backups.encryption import Identity, Recipient, needs_identity
from migrator.backups.private import copy_file, make_folder, sync_folder, write_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SCHEMA = "ctxcheck.files/1"
MANIFEST = "ctxcheck-manifest.json"
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
_AGE = ".age"
DRAFT = ".draft"  # how the folder ends while it is made; it has a dot in front too
_MODES = 0o777


class FilesBackup(NamedTuple):
    """hashes: SHA-256 of each file by its path in the project. left_out: what is not in it, and why.

    created: ns since epoch. modes: who may do what with each file. sealed: of an encrypted backup, the SHA-256 of each
    encrypted file by its path in the project, and without its key there is nothing in `hashes`.
    """

    folder: Path
    hashes: dict[str, str]
    commit: str | None
    is_dirty: bool | None
    left_out: dict[str, str]
    created: int
    modes: dict[str, int]
    sealed: dict[str, str]
    identity: Identity | None = None

    @property
    def names(self) -> list[str]:
        """Paths of all files in the project."""
        return sorted(self.sealed or self.hashes)

    def copy_of(self, name: str) -> Path:
        """Return where the copy of a file is."""
        return self.folder / (name + _AGE if self.sealed else name)

    def write(self, name: str, target: Path) -> None:
        """Write what was copied into a file that is not there yet, hashed again on the way.

        Raises OSError, SourceError: it is not what it was, or there is no key.
        """
        copy = self.copy_of(name)
        if not _plain_file(copy):
            raise _changed(copy)

        def opened(content: bytes) -> bytes:
            if self.identity is None:
                raise needs_identity(str(self.folder))
            content = self.identity.open(content, str(copy))
            if sha256(content).hexdigest() != self.hashes[name]:
                raise _changed(copy)
            return content

        digest = copy_file(copy, target, changed=opened if self.sealed else None)
        if digest != (self.sealed or self.hashes)[name]:
            raise _changed(copy)

    def content(self, name: str) -> bytes:
        """Return what was copied. Raises SourceError: it is not what it was, or there is no key."""
        content = _read(self.copy_of(name))
        if self.sealed:
            if self.identity is None:
                raise needs_identity(str(self.folder))
            content = self.identity.open(content, str(self.copy_of(name)))
        if sha256(content).hexdigest() != self.hashes[name]:
            raise _changed(self.copy_of(name))
        return content


def back_up_files(
    project: Path, folder: Path, *, running: Iterable[str] = (), recipient: Recipient | None = None
) -> FilesBackup:
    """Copy the files of a project. running: of `NETWORKS`, those whose local network runs.

    The folder appears once all is in it. Raises OSError, SourceError: a file cannot be read, or changes meanwhile.
    """
    draft = make_folder(folder.with_name(f".{folder.name}.{secrets.token_hex(4)}{DRAFT}"))
    try:
        made = _filled(project, draft, running, recipient)._replace(folder=folder)
        draft.rename(folder)
    except BaseException:
        rmtree(draft, ignore_errors=True)
        raise
    sync_folder(folder.parent)
    return made


def _filled(project: Path, folder: Path, running: Iterable[str], recipient: Recipient | None) -> FilesBackup:
    hashes: dict[str, str] = {}
    modes: dict[str, int] = {}
    sealed: dict[str, str] = {}
    left_out = dict.fromkeys(running, "its local network runs: stop it, and make the backup again")
    for name in (*_NAMES, *NETWORKS):
        if name not in left_out and os.path.lexists(project / name):
            for path in _files(project, project / name, left_out):
                relative = path.relative_to(project).as_posix()
                target = folder / (relative + _AGE if recipient else relative)
                make_folder(target.parent)
                hashes[relative], modes[relative] = _copied(path, target, recipient)
                if recipient is not None:
                    sealed[relative] = _digest(target)
    commit, is_dirty = git_state(project)
    made = FilesBackup(folder, hashes, commit, is_dirty, left_out, time.time_ns(), modes, sealed)
    write_file(folder / MANIFEST, _manifest(made, recipient))
    for one in sorted(path for path in folder.rglob("*") if path.is_dir()):
        sync_folder(one)
    return made


def _copied(path: Path, target: Path, recipient: Recipient | None) -> tuple[str, int]:
    try:
        before = path.stat()
        digest = copy_file(path, target, changed=recipient.seal if recipient else None)
        after = path.stat()
    except OSError as error:
        msg = f"this cannot be copied: {error.strerror}"
        raise SourceError(msg, where=str(path), hint="a backup without it would be believed to have it") from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        msg = "this changed while it was copied"
        raise SourceError(msg, where=str(path), hint="stop what writes it, and make the backup again")
    os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))
    return digest, before.st_mode & _MODES


def _manifest(made: FilesBackup, recipient: Recipient | None) -> bytes:
    inner: dict[str, Any] = {"files": made.hashes, "modes": made.modes}
    told: dict[str, Any] = {
        "schema": SCHEMA,
        "created": made.created,
        "commit": made.commit,
        "is_dirty": made.is_dirty,
        "left_out": made.left_out,
    }
    if recipient is None:
        told |= inner
    else:  # a hash of a short secret is as good as the secret
        told["recipient"] = recipient.text
        told["sealed"] = made.sealed
        told["inner"] = base64.b64encode(recipient.seal(json.dumps(inner).encode())).decode()
    told["sha256"] = _checksum(told)
    return (json.dumps(told, indent=1, sort_keys=True) + "\n").encode()


def _checksum(told: dict[str, Any]) -> str:
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _files(project: Path, path: Path, left_out: dict[str, str]) -> Iterator[Path]:
    if path.is_symlink():
        left_out[path.relative_to(project).as_posix()] = "it is a link"
    elif path.is_dir():
        try:
            inside = sorted(path.iterdir())
        except OSError as error:
            msg = f"this cannot be read: {error.strerror}"
            raise SourceError(msg, where=str(path)) from None
        for inner in inside:
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


def read_files_backup(folder: Path, identity: Identity | None = None) -> FilesBackup:
    """Return a backup of files. identity: opens an encrypted one; without it, it can be checked and not put back.

    Raises SourceError: it has no manifest of ours, was changed, or names files that no project's backup has.
    """
    path = folder / MANIFEST
    try:
        told = json.loads(_read(path))
        is_ours = told["schema"] == SCHEMA and isinstance(told["created"], int)
        checksum = told.pop("sha256")
    except (SourceError, ValueError, KeyError, AttributeError, TypeError, RecursionError):
        msg = "it has no manifest of ctxcheck: a backup of the npm script, or an unfinished one"
        raise SourceError(msg, where=str(folder), hint="copy what you need out of it by hand") from None
    if not is_ours:
        msg = "this is a backup of another version of ctxcheck"
        raise SourceError(msg, where=str(folder))
    if checksum != _checksum(told):
        msg = "the manifest is not what it was"
        raise SourceError(msg, where=str(folder), hint="restore from another backup")
    try:
        sealed = {str(name): str(one) for name, one in (told.get("sealed") or {}).items()}
        inner: dict[str, Any] = told
        if sealed:
            inner = {"files": {}, "modes": {}}
            if identity is not None:
                inner = json.loads(identity.open(base64.b64decode(told["inner"]), str(path)))
        hashes = {str(name): str(one) for name, one in inner["files"].items()}
        modes = {str(name): int(one) & _MODES for name, one in inner["modes"].items()}
        left_out = {str(name): str(why) for name, why in told["left_out"].items()}
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        msg = "the manifest cannot be read"
        raise SourceError(msg, where=str(folder), hint="restore from another backup") from None
    for name in (*sealed, *hashes):
        _refuse_name(name, path)
    return FilesBackup(
        folder, hashes, told.get("commit"), told.get("is_dirty"), left_out, told["created"], modes, sealed, identity
    )


def _refuse_name(name: str, manifest: Path) -> None:
    """Raise SourceError where a manifest names what `back_up_files` would never have copied, as hooks of git."""
    parts = PurePosixPath(name).parts
    sound = name == "/".join(parts) and ".." not in parts and "\\" not in name and "\0" not in name
    if not sound or not parts or parts[0] not in (*_NAMES, *NETWORKS) or (os.name == "nt" and ":" in name):
        msg = f"the manifest names `{name[:200]}`, which is outside of what a backup has"
        raise SourceError(msg, where=str(manifest))


def check_files(backup: FilesBackup) -> list[str]:
    """Return which copies are missing or not what they were; of an encrypted backup the files as they are."""
    wrong = []
    for name in backup.names:
        copy = backup.copy_of(name)
        try:
            is_sound = _plain_file(copy) and _digest(copy) == (backup.sealed or backup.hashes)[name]
        except OSError:
            is_sound = False
        if not is_sound:
            wrong.append(f"{name} is missing, or is not what it was")
    return wrong


class FileChange(NamedTuple):
    """What restoring does to a file. kind: `same`, `missing` (it is made), `changed`, `later` (edited since)."""

    name: str
    kind: str


def compare_files(backup: FilesBackup, project: Path) -> list[FileChange]:
    """Return what restoring would do. Raises SourceError: a copy is not what it was, a link is in the way, no key."""
    if backup.sealed and backup.identity is None:
        raise needs_identity(str(backup.folder))
    wrong = check_files(backup)
    if wrong:
        raise SourceError(wrong[0], where=str(backup.folder), hint="restore from another backup")
    found = []
    for name, hashed in sorted(backup.hashes.items()):
        target = project / name
        _refuse_links(project, target)
        if not target.exists():
            found.append(FileChange(name, "missing"))
        elif not target.is_file():
            msg = "this is no file"
            raise SourceError(msg, where=str(target))
        elif _digest(target) == hashed:
            found.append(FileChange(name, "same"))
        else:
            later = target.stat().st_mtime_ns > backup.created
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
    """Put files back; what they replace is kept in the folder `replaced`. Return how many.

    Each is whole or not there. Raises OSError, SourceError: a copy is not what it was, a link is in the way.
    """
    done = 0
    for name in names:
        target = project / name
        _refuse_links(project, target)
        if target.exists():
            kept = replaced / name
            make_folder(kept.parent)
            copy_file(target, kept)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
        try:
            backup.write(name, draft)
            draft.chmod(backup.modes.get(name, 0o600))
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        done += 1
    return done


def _read(path: Path) -> bytes:
    if not _plain_file(path):
        raise _changed(path)
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"this cannot be read: {error.strerror}"
        raise SourceError(msg, where=str(path)) from None


def _plain_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        digest = sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _changed(path: Path) -> SourceError:
    return SourceError(
        "the copy is missing, or is not what it was", where=str(path), hint="restore from another backup"
    )
