"""A snapshot in the store, read anywhere: what restores, rehearsals and comparisons take."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from analyzer.errors import UsageError
from migrator.backups.manifest import SECTIONS, read_manifest
from migrator.backups.private import make_folder, new_file, write_file
from migrator.backups.store import PIECE
from replica.snapshots.metadata import from_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from migrator.backups.manifest import Manifest
    from migrator.backups.store import Store

_CACHED = 64  # pieces


class SnapshotImage:
    """A complete backup of a snapshot, read by several threads.

    Raises DamagedError, SourceError: there is none, or it is not to be trusted.
    """

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder = folder
        self.manifest: Manifest = read_manifest(folder)
        self._store = store
        self._cache: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def metadata(self) -> dict[str, Any]:
        """What uploading takes, as values of Candid."""
        return from_json(self.manifest.metadata, str(self.folder))

    def size(self, kind: str) -> int:
        """Return the bytes of a section."""
        return self.manifest.sections[kind].size

    def read(self, kind: str, offset: int, size: int) -> bytes:
        """Return bytes of a section, fewer beyond its end. Raises DamagedError."""
        section = self.manifest.sections[kind]
        end, parts = min(offset + size, section.size), []
        while offset < end:
            index, place = divmod(offset, PIECE)
            piece = self._piece(section.pieces[index], section.size_of(index))
            part = piece[place : place + end - offset]
            parts.append(part)
            offset += len(part)
        return b"".join(parts)

    def _piece(self, name: str | None, size: int) -> bytes:
        if name is None:
            return bytes(size)
        known = self._cache.get(name)
        if known is None:
            known = self._store.get(name, size)
            with self._lock:
                self._cache[name] = known
                if len(self._cache) > _CACHED:
                    self._cache.popitem(last=False)
        return known

    def chunks(self) -> Iterator[bytes]:
        """Give the chunks of the chunk store. Raises DamagedError."""
        for name, size in self.manifest.chunks.items():
            yield self._store.get(name, size)

    def check(self, *, read: bool, told: Callable[[int], None] = lambda _: None) -> list[str]:
        """Return what is wrong: pieces that are missing, or damaged where all are to be read. told: bytes looked at.

        An encrypted backup without its key: the files are held against their own hashes. Raises SourceError: the key
        is another one.
        """
        wrong: list[str] = []
        for name, size in self.manifest.pieces().items():
            if not read:
                what = None if self._store.has(name) else f"piece {name} is missing"
            else:
                what = self._store.wrong(name, size)
            if what is not None:
                wrong.append(what)
            told(size)
        if read and not wrong and self._store.opens(self.manifest.pieces()):
            module = sha256(self.read("wasm_module", 0, self.size("wasm_module"))).hexdigest()
            if module != self.manifest.module_hash:
                wrong.append("the module is not the one that was certified when the backup was made")
        return wrong

    def materialise(self, folder: Path, *, told: Callable[[int], None] = lambda _: None) -> None:
        """Write the snapshot as icp-cli 1.5 keeps one: metadata.json and a file for each section. told: bytes written.

        folder: empty, or not there yet. metadata.json comes last. Raises OSError, DamagedError, UsageError: it is not
        empty.
        """
        make_folder(folder)
        if any(folder.iterdir()):
            msg = "this folder is not empty"
            raise UsageError(msg, where=str(folder), hint="name one that is not there yet")
        make_folder(folder / "wasm_chunk_store")
        for kind in SECTIONS:
            section = self.manifest.sections[kind]
            with new_file(folder / f"{kind}.bin") as file:
                for index, name in enumerate(section.pieces):
                    size = section.size_of(index)
                    if name is None:
                        file.seek(size, 1)  # zeros take no room
                    else:
                        file.write(self._store.get(name, size))
                    told(size)
                file.truncate(section.size)
        for chunk in self.chunks():
            write_file(folder / "wasm_chunk_store" / f"{sha256(chunk).hexdigest()}.bin", chunk)
        write_file(folder / "metadata.json", (json.dumps(self.manifest.metadata, indent=2) + "\n").encode())
