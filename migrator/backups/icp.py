"""A snapshot directory of icp-cli (1.5.0) -> pieces in the store."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import SourceError
from migrator.backups.download import download
from migrator.backups.manifest import SECTIONS
from migrator.backups.metadata import from_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from migrator.backups.download import Downloaded
    from migrator.backups.store import Store

_MOST = 16 << 20  # bytes of metadata


class Directory(NamedTuple):
    """A directory that icp-cli wrote, read as a snapshot on the chain is."""

    folder: Path

    def read(self, kind: str, offset: int, size: int) -> bytes:
        """Return bytes of a section. Raises SourceError: the file is shorter than the metadata says."""
        path = self.folder / f"{kind}.bin"
        try:
            with path.open("rb") as file:
                file.seek(offset)
                data = file.read(size)
        except OSError as error:
            msg = f"this cannot be read: {error.strerror}"
            raise SourceError(msg, where=str(path)) from None
        if len(data) != size:
            msg = "this is shorter than the metadata says"
            raise SourceError(msg, where=str(path))
        return data

    def chunk(self, name: bytes) -> bytes:
        """Return a chunk of the chunk store."""
        path = self.folder / "wasm_chunk_store" / f"{name.hex()}.bin"
        try:
            return path.read_bytes()
        except OSError as error:
            msg = f"this cannot be read: {error.strerror}"
            raise SourceError(msg, where=str(path)) from None

    def metadata(self) -> dict[str, Any]:
        """Return its metadata in JSON. Raises SourceError: there is none, or the files are of other sizes."""
        path = self.folder / "metadata.json"
        try:
            with path.open("rb") as file:
                told = json.loads(file.read(_MOST))
        except (OSError, ValueError) as error:
            msg = f"this is no snapshot of icp-cli: {error}"
            raise SourceError(msg, where=str(path)) from None
        read = from_json(told, str(path))
        for kind in SECTIONS:
            file_path = self.folder / f"{kind}.bin"
            size = file_path.stat().st_size if file_path.exists() else -1
            if size != read[f"{kind}_size"]:
                msg = f"this has {max(size, 0):,} bytes, and the metadata says {read[f'{kind}_size']:,}"
                raise SourceError(msg, where=str(file_path))
        found: dict[str, Any] = told
        return found


def import_directory(
    source: Directory, store: Store, folder: Path, *, told: Callable[[int], None] = lambda _: None
) -> tuple[Downloaded, str]:
    """Bring a directory into a store; return its sections, and the hash of its module. Raises SourceError."""
    metadata = from_json(source.metadata(), str(source.folder))
    brought = download(source, metadata, store, folder, told=told)
    module = source.read("wasm_module", 0, metadata["wasm_module_size"])
    return brought, sha256(module).hexdigest()
