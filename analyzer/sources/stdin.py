"""What is handed in on standard input: one file, called `-`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.errors import SourceError
from analyzer.sources.files import MAX_BYTES

if TYPE_CHECKING:
    from pathlib import PurePath

LABEL = "(standard input)"


class Stdin:
    """A single file, read once."""

    kind = "stdin"
    top = None

    def __init__(self) -> None:
        self._data: bytes | None = None

    def label(self, _path: PurePath) -> str:
        """Return how reports call it."""
        return LABEL

    def is_folder(self, _path: PurePath) -> bool | None:
        """Tell that it is none."""
        return False

    def listed(self, _folder: PurePath) -> list[PurePath]:
        """Return nothing: there is no folder."""
        return []

    def folders(self, _folder: PurePath) -> list[PurePath]:
        """Return nothing: there is no folder."""
        return []

    def disk(self, path: PurePath) -> Path:
        """Return the working folder: what is handed in is nowhere."""
        return Path(path.parent)

    def read(self, path: PurePath) -> bytes:
        """Return what was handed in. Raises SourceError."""
        if str(path) != "-":
            msg = "what is handed in on standard input has no folder to import from"
            raise SourceError(msg, where=str(path))
        if self._data is None:
            if sys.stdin is None or sys.stdin.isatty():
                msg = "nothing is handed in"
                raise SourceError(msg, where=LABEL, hint="`ctxcheck diff old.did - < new.did`")
            self._data = sys.stdin.buffer.read(MAX_BYTES + 1)
            if len(self._data) > MAX_BYTES:
                msg = f"more than {MAX_BYTES:,} bytes are too many for an interface"
                raise SourceError(msg, where=LABEL)
        return self._data
