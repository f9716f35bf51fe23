"""Files with some of them written anew, so that a program can be compiled as it would be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.sources.imports import normal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path, PurePath

    from analyzer.sources.arguments import Files


class Overlay:
    """Other files, with texts over them. hidden: folders of which only what is written anew is there."""

    def __init__(self, files: Files, texts: Mapping[PurePath, str], hidden: Collection[PurePath] = ()) -> None:
        self._files = files
        self._texts = {normal(path): text.encode() for path, text in texts.items()}
        self._hidden = [normal(folder) for folder in hidden]
        self.kind = files.kind
        self.top = files.top

    def label(self, path: PurePath) -> str:
        """Return how reports call a file."""
        return self._files.label(path)

    def _is_hidden(self, path: PurePath) -> bool:
        return any(path.is_relative_to(folder) for folder in self._hidden)

    def is_folder(self, path: PurePath) -> bool | None:
        """Tell whether a path is a folder; None where there is nothing."""
        path = normal(path)
        if path in self._texts:
            return False
        if any(path in written.parents for written in self._texts):
            return True
        return None if self._is_hidden(path) else self._files.is_folder(path)

    def listed(self, folder: PurePath) -> list[PurePath]:
        """Return the files of a folder, by name."""
        folder = normal(folder)
        found = {path for path in self._texts if path.parent == folder}
        if not self._is_hidden(folder) and self._files.is_folder(folder):
            found |= {normal(path) for path in self._files.listed(folder)}
        return sorted(found)

    def folders(self, folder: PurePath) -> list[PurePath]:
        """Return the folders in a folder, by name."""
        return [path for path in self._files.folders(folder) if not self._is_hidden(path)]

    def read(self, path: PurePath) -> bytes:
        """Return the bytes of a file. Raises SourceError."""
        written = self._texts.get(normal(path))
        return self._files.read(path) if written is None else written

    def disk(self, path: PurePath) -> Path:
        """Return where on the disk a path is, whatever is there."""
        return self._files.disk(path)
