"""An append-only file of records, each whole or not there.

A record is its length and a check of it, a check of its content, and the content. What a killed process was writing is
an end without a whole record: it was not acknowledged, and is cut off. Anything else that does not check is damage, and
refused: to go on would lose what follows.
"""

from __future__ import annotations

import os
import struct
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

MAGIC = b"ctxcheck replica state\n"
VERSION = 1
_HEAD = struct.Struct("<I")
_RECORD = struct.Struct("<Q8s16s")  # length, check of the length, check of the content
_PIECE = 1 << 20
COPY = "put a copy of the folder back, or start with another folder"


class StateError(SourceError):
    """A folder of state cannot be used."""


class Record(NamedTuple):
    """at: where the content begins in the file."""

    at: int
    content: bytes


class Log:
    """One file. Not safe to use from several threads, nor from several processes."""

    def __init__(self, path: Path, file: BinaryIO, size: int) -> None:
        self.path = path
        self.size = size  # bytes
        self._file = file

    @classmethod
    def create(cls, path: Path) -> Log:
        """Make a new file, for its owner alone, in place of any that is there."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        file = os.fdopen(descriptor, "w+b", buffering=0)
        _write(file, MAGIC + _HEAD.pack(VERSION))
        return cls(path, file, len(MAGIC) + _HEAD.size)

    @classmethod
    def open(cls, path: Path) -> Log:
        """Open a file. Raises StateError: it is something else, or of a later version."""
        file = path.open("r+b", buffering=0)
        head = file.read(len(MAGIC) + _HEAD.size)
        wrong = _wrong(path, head)
        if wrong is not None:
            file.close()
            raise wrong
        return cls(path, file, len(head))

    def records(self) -> Iterator[Record]:
        """Give what is in the file, and cut off what was being written. Raises StateError: it is damaged."""
        end = self._file.seek(0, os.SEEK_END)
        while self.size < end:
            head = self.read(self.size, min(_RECORD.size, end - self.size))
            if len(head) < _RECORD.size:
                break
            length, length_check, check = _RECORD.unpack(head)
            if _check(head[:8], 8) != length_check:
                raise self._damaged()
            at = self.size + _RECORD.size
            if at + length > end:
                break
            content = self.read(at, length)
            if _check(content, 16) != check:
                raise self._damaged()
            self.size = at + length
            yield Record(at, content)
        self._file.truncate(self.size)

    def _damaged(self) -> StateError:
        return StateError(f"it is damaged at byte {self.size:,}", where=str(self.path), hint=COPY)

    def read(self, at: int, length: int) -> bytes:
        """Return bytes of the file."""
        self._file.seek(at)
        parts = []
        while length:
            part = self._file.read(min(length, _PIECE))
            if not part:
                raise self._damaged()
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def append(self, content: bytes) -> int:
        """Write a record and return where its content begins."""
        length = struct.pack("<Q", len(content))
        self._file.seek(self.size)
        _write(self._file, length + _check(length, 8) + _check(content, 16))
        _write(self._file, content)
        at = self.size + _RECORD.size
        self.size = at + len(content)
        return at

    def sync(self) -> None:
        """Wait until all of it is on the disk, so that it outlasts the machine and not the process alone."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _wrong(path: Path, head: bytes) -> StateError | None:
    if not head.startswith(MAGIC) or len(head) < len(MAGIC) + _HEAD.size:
        return StateError("this is not the state of a network", where=str(path), hint=COPY)
    (version,) = _HEAD.unpack(head[len(MAGIC) :])
    if version != VERSION:
        what = f"this is state of version {version}, and this ctxcheck reads version {VERSION}"
        return StateError(what, where=str(path), hint="use the ctxcheck that wrote it")
    return None


def _check(content: bytes, size: int) -> bytes:
    return blake2b(content, digest_size=size).digest()


def _write(file: BinaryIO, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[file.write(view) :]
