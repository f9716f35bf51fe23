"""The working files of a repository, by the same paths as git has them."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path, PurePath, PurePosixPath

from analyzer.sources.files import read_bytes
from analyzer.sources.git import git_output


class WorkTree:
    """Files below a repository's folder. top: that folder. prefix: the working folder in it."""

    kind = "file"

    def __init__(self, top: PurePath, prefix: PurePath) -> None:
        self.top = top
        self.prefix = prefix

    def label(self, path: PurePath) -> str:
        """Return how reports call a file: as seen from the working folder."""
        return os.path.relpath(self.disk(path))

    def disk(self, path: PurePath) -> Path:
        """Return where on the disk a path is, whatever is there."""
        return Path(self.top, path)

    def is_folder(self, path: PurePath) -> bool | None:
        """Tell whether a path is a folder; None where there is nothing."""
        here = self.disk(path)
        return here.is_dir() if here.exists() else None

    def listed(self, folder: PurePath) -> list[PurePath]:
        """Return the files of a folder, by name."""
        here = self.disk(folder)
        return [folder / path.name for path in sorted(here.iterdir()) if path.is_file()] if here.is_dir() else []

    def folders(self, folder: PurePath) -> list[PurePath]:
        """Return the folders in a folder, by name."""
        here = self.disk(folder)
        return [folder / path.name for path in sorted(here.iterdir()) if path.is_dir()] if here.is_dir() else []

    def read(self, path: PurePath) -> bytes:
        """Return the bytes of a file. Raises SourceError."""
        return read_bytes(self.disk(path))

    def all_files(self, largest: int) -> list[PurePath]:
        """Return all files of at most so many bytes that git knows, or would know: none that it ignores."""
        return [path for path, size in self._files.items() if size <= largest]

    @cached_property
    def _files(self) -> dict[PurePath, int]:
        listed = git_output("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--full-name", ":/") or b""
        found: dict[PurePath, int] = {}
        for written in listed.decode("utf-8", "surrogateescape").split("\0"):
            here = self.disk(PurePosixPath(written))
            if written and here.is_file():
                found[PurePosixPath(written)] = here.stat().st_size
        return found
