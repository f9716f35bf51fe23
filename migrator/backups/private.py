"""Files and folders that their owner alone can read, from the moment they are there."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def make_folder(path: Path, *, ignored: bool = False) -> Path:
    """Make a folder, and those above it. ignored: git is told to leave out what is in it."""
    for one in (*reversed(path.parents), path):  # `parents=True` would leave those above open to others
        if not one.exists():
            one.mkdir(exist_ok=True, mode=0o700)
    ignore = path / ".gitignore"
    if ignored and not ignore.exists():
        write_file(ignore, b"*\n")
    return path


def write_file(path: Path, content: bytes) -> None:
    """Write a file so that whoever looks sees all of it or none, whenever this process ends, or the machine."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk, where a system can do that."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
