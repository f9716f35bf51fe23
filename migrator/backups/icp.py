"""A snapshot directory of icp-cli (1.5.0) -> pieces in the store."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import SourceError
from migrator.backups.download import download
from migrator.backups.manifest import SECTIONS
from migrator.backups.snapshot import about, keep_snapshot
from replica.snapshots.metadata import from_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from migrator.backups.download import Downloaded
    from migrator.backups.manifest import Manifest
    from migrator.backups.store import Store

_MOST = 16 << 20  # bytes of metadata
_CHUNK = 1 << 20  # bytes of a chunk of the chunk store


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
            with path.open("rb") as file:
                return file.read(_CHUNK + 1)
        except OSError as error:
            msg = f"this cannot be read: {error.strerror}"
            raise SourceError(msg, where=str(path)) from None

    def module_hash(self, size: int) -> str:
        """Return the SHA-256 of the module, in hex."""
        return sha256(self.read("wasm_module", 0, size)).hexdigest()

    def metadata(self) -> dict[str, Any]:
        """Return its metadata in JSON. Raises SourceError: there is none, or the files are of other sizes."""
        path = self.folder / "metadata.json"
        try:
            with path.open("rb") as file:
                told = json.loads(file.read(_MOST))
        except (OSError, ValueError, RecursionError) as error:
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
    return brought, brought.module_hash


def import_backup(
    source: Directory,
    store: Store,
    folder: Path,
    *,
    canister: str,
    name: str,
    network: str,
    created: int,
    told: Callable[[int], None] = lambda _: None,
) -> Manifest:
    """Make a backup out of a directory; return its manifest. canister, network: of what it is, which it does not tell.

    icp-cli takes snapshots of stopped canisters alone, and keeps no hash of what it wrote: what it wrote is believed.
    Raises OSError, BusyError, SourceError: it is none, or its files are of other sizes.
    """
    metadata = from_json(source.metadata(), str(source.folder))
    known = about(
        canister=canister,
        name=name,
        network=network,
        snapshot_id="",  # of no snapshot on the chain
        created=created,
        taken_at=metadata["taken_at_timestamp"],
        was_running=False,
        module_hash=source.module_hash(metadata["wasm_module_size"]),
        metadata=metadata,
    )
    manifest, _ = keep_snapshot(source, metadata, known, store, folder, told=told)
    return manifest
