"""A snapshot on the chain -> pieces in the store: several at a time, and from where it stopped when it goes on."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from analyzer.errors import SourceError
from migrator.backups.manifest import SECTIONS, Section
from migrator.backups.private import make_folder
from migrator.backups.store import PIECE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from migrator.backups.store import Store

AT_ONCE = 3 * PIECE  # bytes of one read; the network gives at most 2,000,000
WORKERS = 8
_LOG = "pieces.jsonl"
_ZERO = {PIECE: bytes(PIECE)}


class SnapshotReader(Protocol):
    """A snapshot on the chain."""

    def read(self, kind: str, offset: int, size: int) -> bytes:
        """Return bytes of a section."""

    def chunk(self, name: bytes) -> bytes:
        """Return a chunk of its chunk store."""


class Downloaded(NamedTuple):
    """sections, chunks: as a manifest has them. received: bytes that came now, the rest was there."""

    sections: dict[str, Section]
    chunks: dict[str, int]
    received: int


def download(
    reader: SnapshotReader,
    metadata: dict[str, Any],
    store: Store,
    folder: Path,
    *,
    told: Callable[[int], None] = lambda _: None,
) -> Downloaded:
    """Bring a snapshot into a store. folder: of the backup, where what is done is noted. told: bytes done, each time.

    metadata: as the network tells it. Raises NetworkError, Rejected, SourceError: a chunk is not what it is called.
    """
    make_folder(folder)
    sections = {kind: Section(metadata[f"{kind}_size"]) for kind in SECTIONS}
    done = _noted(folder / _LOG)
    received = 0
    descriptor = os.open(folder / _LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as log, ThreadPoolExecutor(WORKERS) as pool:
        waiting: list[tuple[str, int, int, Future[bytes]]] = []

        def take() -> None:
            nonlocal received
            kind, first, size, coming = waiting.pop(0)
            data = coming.result()
            names = [_kept(store, data[at : at + PIECE]) for at in range(0, size, PIECE)]
            log.write(json.dumps([kind, first, names]) + "\n")
            log.flush()
            done[kind, first] = names
            received += size
            told(size)

        try:
            for kind, first, size in _reads(sections):
                names = done.get((kind, first))
                if names is not None and all(name is None or store.has(name) for name in names):
                    told(size)
                    continue
                waiting.append((kind, first, size, pool.submit(reader.read, kind, first * PIECE, size)))
                if len(waiting) >= 2 * WORKERS:
                    take()
            while waiting:
                take()
        finally:
            for _, _, _, coming in waiting:
                coming.cancel()
        chunks: dict[str, int] = {}
        for one in metadata["wasm_chunk_store"]:
            name = one["hash"].hex()
            data = reader.chunk(one["hash"])
            if sha256(data).hexdigest() != name:
                msg = f"chunk {name} is not what it is called"
                raise SourceError(msg)
            chunks[store.put(data)] = len(data)
            received += len(data)
            told(len(data))
    for kind, first, _ in _reads(sections):
        sections[kind].pieces += done[kind, first]
    store.sync()
    return Downloaded(sections, chunks, received)


def _reads(sections: dict[str, Section]) -> Iterator[tuple[str, int, int]]:
    """Give what is read at once: section, number of its first piece, bytes."""
    for kind, section in sections.items():
        for offset in range(0, section.size, AT_ONCE):
            yield kind, offset // PIECE, min(AT_ONCE, section.size - offset)


def _kept(store: Store, piece: bytes) -> str | None:
    """Keep a piece and return its name, None for one of zeros."""
    zeros = _ZERO.get(len(piece)) or bytes(len(piece))
    return None if piece == zeros else store.put(piece)


def _noted(path: Path) -> dict[tuple[str, int], list[str | None]]:
    """Return what an earlier attempt has brought; the last line may be cut off."""
    found: dict[tuple[str, int], list[str | None]] = {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError:
        return found
    for line in lines:
        try:
            kind, first, names = json.loads(line)
            found[str(kind), int(first)] = list(names)
        except (ValueError, TypeError):
            continue
    return found
