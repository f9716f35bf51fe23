"""Read a text file: bounded, with a deadline, and only if it is UTF-8."""

from __future__ import annotations

import os
import select
import stat
from typing import TYPE_CHECKING

from analyzer.errors import SourceError
from analyzer.text import MAX_TEXT

if TYPE_CHECKING:
    from pathlib import Path, PurePath

MAX_BYTES = 4 * MAX_TEXT
PIPE_SECONDS = 30  # how long a pipe may stay silent
_CHUNK = 1 << 20


def read_text(path: Path | PurePath) -> str:
    """Return the text of a file or pipe. Raises SourceError."""
    return decode(read_bytes(path), str(path))


def read_bytes(path: Path | PurePath) -> bytes:
    """Return the bytes of a file or pipe, at most MAX_BYTES. Raises SourceError."""
    where = str(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise SourceError(_reason(error), where=where) from None
    except ValueError:
        msg = "this is not a path"
        raise SourceError(msg, where=where.replace("\0", "\\0")) from None
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            msg = "this is a folder"
            raise SourceError(msg, where=where)
        if status.st_size > MAX_BYTES:
            raise _too_large(status.st_size, where)
        return _read(descriptor, where)
    except OSError as error:
        raise SourceError(_reason(error), where=where) from None
    finally:
        os.close(descriptor)


def _read(descriptor: int, where: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        ready, _, _ = select.select([descriptor], [], [], PIPE_SECONDS)
        if not ready:
            msg = f"nothing came within {PIPE_SECONDS} s"
            raise SourceError(msg, where=where)
        try:
            part = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            continue
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES:
            raise _too_large(size, where)


def decode(data: bytes, where: str) -> str:
    """Return bytes as text; what is not UTF-8 is an error that names line and column. Raises SourceError."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = len(data[data.rfind(b"\n", 0, error.start) + 1 : error.start].decode()) + 1
        msg = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise SourceError(msg, where=f"{where}:{line}:{column}", hint="save the file as UTF-8") from None


def _too_large(size: int, where: str) -> SourceError:
    msg = f"{size:,} bytes are too many for an interface (at most {MAX_BYTES:,})"
    return SourceError(msg, where=where)


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, PermissionError):
        return "this file may not be read"
    return (error.strerror or "this cannot be read").lower()
