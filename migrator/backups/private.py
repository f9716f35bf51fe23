"""Files and folders that their owner alone can read, from the moment they are there."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_BLOCK = 1 << 20  # bytes that are copied at once


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let an OSError tell which file it is about: writing tells none."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def make_folder(path: Path, *, ignored: bool = False) -> Path:
    """Make a folder, and those above it. ignored: git is told to leave out what is in it."""
    for one in (*reversed(path.parents), path):  # `parents=True` would leave those above open to others
        if not one.exists():
            one.mkdir(exist_ok=True, mode=0o700)
    ignore = path / ".gitignore"
    if ignored and not ignore.exists():
        write_file(ignore, b"*\n")
    return path


def new_file(path: Path) -> BinaryIO:
    """Open a file that is not there yet, links included, for its owner alone. Raises FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    return os.fdopen(descriptor, "wb")


def write_draft(path: Path, content: bytes) -> None:
    """Write a file so that whoever looks sees all of it or none; its name is safe once the folder is synced."""
    draft = path.with_name(f".{path.name[:80]}.{secrets.token_hex(6)}")
    try:
        with naming(path), new_file(draft) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def write_file(path: Path, content: bytes) -> None:
    """Write a file so that whoever looks sees all of it or none, whenever this process ends, or the machine."""
    write_draft(path, content)
    sync_folder(path.parent)


def copy_file(source: Path, target: Path, *, changed: Callable[[bytes], bytes] | None = None) -> str:
    """Copy a file into one that is not there yet; return the SHA-256 of what was read. Raises OSError.

    changed: what is written in its place, of all of it at once; without it any size takes the same memory.
    """
    digest = sha256()
    with naming(target), source.open("rb") as read, new_file(target) as written:
        if changed is None:
            while block := read.read(_BLOCK):
                digest.update(block)
                written.write(block)
        else:
            content = read.read()
            digest.update(content)
            written.write(changed(content))
        written.flush()
        os.fsync(written.fileno())
    return digest.hexdigest()


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk, where a system can do that."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with naming(path):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
