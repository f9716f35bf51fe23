"""Compiled modules on disk, so that a module is compiled once on a machine and not once a process.

What is kept is machine code that will be run: it is loaded from a folder that is the user's own and that nobody else
can write, and only what was written there as a whole.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MOST = 512 << 20  # bytes of all of them; the oldest go
_DIGEST = 32  # bytes before the code
_SUFFIX = ".cwasm"


class ModuleCache:
    """Compiled modules in a folder. version: of what compiles, and how it is set up; another one's are not found."""

    def __init__(self, folder: Path, version: str) -> None:
        self._folder = folder
        self._version = sha256(version.encode()).hexdigest()[:16]

    def get(self, module: bytes) -> bytes | None:
        """Return a compiled module by the SHA-256 of the module, None where there is none that can be trusted."""
        path = self._path(module)
        try:
            if not _is_ours(self._folder) or not _is_ours(path):
                return None
            content = path.read_bytes()
        except OSError:
            return None
        code = content[_DIGEST:]
        if sha256(code).digest() != content[:_DIGEST]:
            return None
        with suppress(OSError):
            os.utime(path)
        return code

    def put(self, module: bytes, code: bytes) -> None:
        """Keep a compiled module, where that is possible."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not _is_ours(self._folder):
                return
            draft = self._folder / f"{secrets.token_hex(8)}.tmp"
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(sha256(code).digest() + code)
            draft.replace(self._path(module))
            self._tidy()

    def _path(self, module: bytes) -> Path:
        return self._folder / f"{module.hex()}-{self._version}{_SUFFIX}"

    def _tidy(self) -> None:
        files = sorted((one.stat().st_mtime, one.stat().st_size, one) for one in self._folder.glob(f"*{_SUFFIX}"))
        room = sum(size for _, size, _ in files) - MOST
        for _, size, path in files:
            if room <= 0:
                return
            path.unlink(missing_ok=True)
            room -= size


def _is_ours(path: Path) -> bool:
    """Tell whether a file or folder is the user's, is what it seems to be, and can be written by nobody else."""
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        return False
    if not hasattr(os, "getuid"):  # Windows: the folder of a user is the user's
        return True
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
