"""Replies from before the upgrade, beside a journal: what lists are compared with afterwards; deleted when all is over.

They hold users' data, so they are in files of their owner alone, and the journal has their hashes.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from migrator.backups.private import make_folder, sync_folder, write_file

if TYPE_CHECKING:
    from pathlib import Path


class Replies:
    """The folder of them. target: the canister that they are of."""

    def __init__(self, folder: Path, target: str) -> None:
        self._folder = folder / "replies"
        self._target = target

    def keep(self, check: str, reply: bytes) -> None:
        """Write a reply down."""
        make_folder(self._folder)
        write_file(self._path(check), reply)

    def find(self, check: str, digest: str) -> bytes | None:
        """Return the reply that a check had, None where it is gone or not what it was. digest: SHA-256, hex."""
        try:
            reply = self._path(check).read_bytes()
        except OSError:
            return None
        return reply if sha256(reply).hexdigest() == digest else None

    def drop(self) -> None:
        """Delete those of the canister."""
        found = list(self._folder.glob(f"{self._prefix()}-*"))
        for path in found:
            path.unlink()
        if found:
            sync_folder(self._folder)

    def _prefix(self) -> str:
        return sha256(self._target.encode()).hexdigest()[:16]

    def _path(self, check: str) -> Path:
        return self._folder / f"{self._prefix()}-{sha256(check.encode()).hexdigest()[:16]}"
