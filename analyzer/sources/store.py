"""Bytes by key in a folder of the user's: owner-only, bounded, written in one move, and never trusted.

An entry that is damaged, that belongs to someone else or that others may write is as good as none. Nothing here raises:
a cache that cannot be used costs time, not an answer.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from grammars.digest import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_ENTRY = 64 * 1024 * 1024  # bytes of one entry
MAX_BYTES = 128 * 1024 * 1024  # of all
MAX_ENTRIES = 500
_MAGIC = b"ctxcheck cache 1\n"
_DIGEST = 32  # bytes of a SHA-256
_OTHERS = 0o077  # the rights of group and world
_UNFINISHED = ".new-"


class Store:
    """Entries below one folder, which is made when the first is put. folder: absolute."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: bytes) -> bytes | None:
        """Return what was put under a key, or None. key: 32 bytes."""
        if not self._is_ours():
            return None
        try:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(self._path(key), flags)
        except OSError:
            return None
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or not _private(status) or status.st_size > MAX_ENTRY:
                return None
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                data = file.read(MAX_ENTRY)
            os.utime(descriptor)  # what is used stays longest
        except OSError:
            return None
        finally:
            os.close(descriptor)
        return _opened(key, data)

    def put(self, key: bytes, value: bytes) -> None:
        """Keep a value; the longest unused ones make room."""
        if len(value) > MAX_ENTRY - len(_sealed(key, b"")):
            return
        unfinished = self.folder / f"{_UNFINISHED}{os.getpid()}-{os.urandom(6).hex()}"
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                self.folder.mkdir(0o700)
        except OSError:
            return
        if not self._is_ours():
            return
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(unfinished, flags, 0o600), "wb") as file:
                file.write(_sealed(key, value))
            unfinished.replace(self._path(key))
        except OSError:
            _remove(unfinished)
            return
        self._make_room()

    def _path(self, key: bytes) -> Path:
        return self.folder / key.hex()

    def _is_ours(self) -> bool:
        try:
            status = os.lstat(self.folder)
        except OSError:
            return False
        return stat.S_ISDIR(status.st_mode) and _private(status)

    def _make_room(self) -> None:
        """Remove the longest unused entries beyond the bounds, and with them what a killed process left behind."""
        left_bytes, left_entries = MAX_BYTES, MAX_ENTRIES
        for _, size, name in sorted(self._entries(), reverse=True):
            left_bytes -= size
            left_entries -= 1
            if left_bytes < 0 or left_entries < 0:
                _remove(self.folder / name)

    def _entries(self) -> Iterator[tuple[int, int, str]]:
        """Yield when each file was last used (ns), its bytes and its name."""
        try:
            with os.scandir(self.folder) as found:
                for entry in found:
                    try:
                        status = entry.stat(follow_symlinks=False)
                    except OSError:
                        continue
                    if stat.S_ISREG(status.st_mode):
                        yield status.st_mtime_ns, status.st_size, entry.name
        except OSError:
            return


def _private(status: os.stat_result) -> bool:
    """Tell whether something belongs to the user and nobody else may read or write it."""
    return status.st_uid == os.geteuid() and not status.st_mode & _OTHERS


def _sealed(key: bytes, value: bytes) -> bytes:
    """Return an entry: a mark, a digest of all that follows, the key, the value."""
    return _MAGIC + sha256(key + value).digest() + key + value


def _opened(key: bytes, data: bytes) -> bytes | None:
    begin = len(_MAGIC) + _DIGEST
    body = data[begin:]
    if not data.startswith(_MAGIC) or not body.startswith(key):
        return None
    return body[len(key) :] if sha256(body).digest() == data[len(_MAGIC) : begin] else None


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
