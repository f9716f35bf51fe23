"""Signed requests beside a journal: kept until what became of them is proven, then deleted.

Whoever has one can send it until it expires, so they are in files of their owner alone, and never in the journal.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from migrator.backups.private import make_folder, sync_folder, write_file
from migrator.plan.form import Malformed, canonical, parsed

if TYPE_CHECKING:
    from pathlib import Path

_ID = re.compile(r"[0-9a-f]{1,128}")
_MOST = 16 << 20  # bytes; a request has at most 4 MiB


class Envelopes:
    """The folder of them. folder: of the run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._folder = folder / "envelopes"

    def keep(self, name: str, plain: dict[str, Any]) -> None:
        """Write a request down; it is on the disk when this returns. name: its id, in hex."""
        make_folder(self._folder)
        write_file(self._path(name), canonical(plain))

    def find(self, name: str) -> dict[str, Any] | None:
        """Return a request, None where it is gone or cannot be read."""
        try:
            with self._path(name).open("rb") as file:
                found = parsed(file.read(_MOST))
        except (OSError, Malformed):
            return None
        return found if isinstance(found, dict) else None

    def drop(self, name: str) -> None:
        """Delete a request whose outcome is proven."""
        if self._path(name).exists():
            self._path(name).unlink()
            sync_folder(self._folder)

    def names(self) -> list[str]:
        """Return the ids of those that are there."""
        return sorted(path.stem for path in self._folder.glob("*.json"))

    def _path(self, name: str) -> Path:
        if _ID.fullmatch(name) is None:
            msg = f"{name[:80]!r} is no id of a request"
            raise ValueError(msg)
        return self._folder / f"{name}.json"
