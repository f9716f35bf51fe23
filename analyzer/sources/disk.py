"""Files of the machine itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.sources.files import read_bytes

if TYPE_CHECKING:
    from pathlib import PurePath


class Disk:
    """The files as they are."""

    kind = "file"
    top = None

    def label(self, path: PurePath) -> str:
        """Return how reports call a file."""
        return str(path)

    def is_folder(self, path: PurePath) -> bool | None:
        """Tell whether a path is a folder; None where there is nothing."""
        here = Path(path)
        return here.is_dir() if here.exists() else None

    def listed(self, folder: PurePath) -> list[PurePath]:
        """Return the files of a folder, by name."""
        return [path for path in sorted(Path(folder).iterdir()) if path.is_file()]

    def folders(self, folder: PurePath) -> list[PurePath]:
        """Return the folders in a folder, by name; none where there is no such folder."""
        here = Path(folder)
        return [path for path in sorted(here.iterdir()) if path.is_dir()] if here.is_dir() else []

    def read(self, path: PurePath) -> bytes:
        """Return the bytes of a file or pipe, at most MAX_BYTES. Raises SourceError."""
        return read_bytes(path)

    def disk(self, path: PurePath) -> Path:
        """Return where on the disk a path is, whatever is there."""
        return Path(path)
