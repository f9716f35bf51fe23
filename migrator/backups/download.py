"""A snapshot on the chain -> pieces in the store: several at a time, and from where it stopped when it goes on."""

from __future__ import annotations

import json
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from analyzer.errors import SourceError
from migrator.backups.manifest import SECTIONS, Section
from migrator.backups.private import make_folder, write_file
from migrator.backups.store import PIECE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from migrator.backups.store import Store

AT_ONCE = 3 * PIECE  # bytes of one read; the network gives at most 2,000,000
WORKERS = 8
LOG = "pieces.jsonl"
_MODULE = "wasm_module"
_CHUNK = "wasm_chunk"
_LARGEST = 1 << 20  # bytes of a chunk of the chunk store
_ZEROS = bytes(PIECE)

_Key: TypeAlias = "tuple[str, int | str]"  # a section and the number of a piece, or `wasm_chunk` and its name


class SnapshotReader(Protocol):
    """A snapshot on the chain; read by several threads."""

    def read(self, kind: str, offset: int, size: int) -> bytes:
        """Return bytes of a section."""

    def chunk(self, name: bytes) -> bytes:
        """Return a chunk of its chunk store."""


class Downloaded(NamedTuple):
    """sections, chunks: as a manifest has them. received: bytes that came now, the rest was there.

    module_hash: SHA-256 of the module that came, in hex.
    """

    sections: dict[str, Section]
    chunks: dict[str, int]
    received: int
    module_hash: str


class _Kept(NamedTuple):
    """What became of one read. data: of the module alone, which is hashed in one go."""

    names: list[str | None]
    size: int
    data: bytes | None


def download(
    reader: SnapshotReader,
    metadata: dict[str, Any],
    store: Store,
    folder: Path,
    *,
    of: str = "",
    told: Callable[[int], None] = lambda _: None,
) -> Downloaded:
    """Bring a snapshot into a store. folder: of the backup, where what is done is noted. told: bytes done, each time.

    metadata: as the network tells it. of: the snapshot's name. What an earlier attempt for the same snapshot noted is
    read in the store again, and brought again where it is not sound. At most 2 x WORKERS reads are in memory.
    Raises NetworkError, Rejected, OSError, SourceError: a chunk is not what it is called, a read is too short.
    """
    make_folder(folder)
    done = _noted(folder / LOG, _digest(of, metadata))
    module = sha256()
    received = 0
    sections = {kind: Section(metadata[f"{kind}_size"]) for kind in SECTIONS}
    chunks: dict[str, int] = {}
    with (folder / LOG).open("a", encoding="utf-8") as log, ThreadPoolExecutor(WORKERS) as pool:
        waiting: deque[tuple[_Key, Future[tuple[_Kept, bool]]]] = deque()

        def take() -> None:
            nonlocal received
            key, coming = waiting.popleft()
            kept, is_new = coming.result()
            if is_new:
                received += kept.size
                log.write(json.dumps([*key, kept.names, kept.size]) + "\n")
                log.flush()
            if kept.data is not None:
                module.update(kept.data)
            if key[0] == _CHUNK:
                chunks[str(key[1])] = kept.size
            else:
                sections[key[0]].pieces += kept.names
            told(kept.size)

        try:
            for key, size in _reads(metadata):
                waiting.append((key, pool.submit(_bring, reader, store, key, size, done.get(key))))
                if len(waiting) >= 2 * WORKERS:
                    take()
            while waiting:
                take()
        finally:
            for _, coming in waiting:
                coming.cancel()
    store.sync()
    return Downloaded(sections, chunks, received, module.hexdigest())


def _reads(metadata: dict[str, Any]) -> Iterator[tuple[_Key, int]]:
    """Give what is read at once, and how many bytes it has; of a chunk 0: that is not known."""
    for kind in SECTIONS:
        size = metadata[f"{kind}_size"]
        for offset in range(0, size, AT_ONCE):
            yield (kind, offset // PIECE), min(AT_ONCE, size - offset)
    for one in metadata["wasm_chunk_store"]:
        yield (_CHUNK, one["hash"].hex()), 0


def _bring(
    reader: SnapshotReader, store: Store, key: _Key, size: int, noted: tuple[list[str | None], int] | None
) -> tuple[_Kept, bool]:
    """Return what is kept of one read, and whether it came now."""
    kind, place = key
    if noted is not None and kind != _MODULE and _is_there(store, noted, size):  # the module is hashed as it comes
        return _Kept(*noted, None), False
    if kind == _CHUNK:
        data = reader.chunk(bytes.fromhex(str(place)))
        if sha256(data).hexdigest() != place or len(data) > _LARGEST:
            msg = f"chunk {place} is not what it is called"
            raise SourceError(msg)
        return _Kept([store.put(data)], len(data), None), True
    data = reader.read(kind, int(place) * PIECE, size)
    if len(data) != size:
        msg = f"{len(data):,} bytes of {kind} came instead of {size:,}"
        raise SourceError(msg)
    names = [_kept(store, data[at : at + PIECE]) for at in range(0, size, PIECE)]
    return _Kept(names, size, data if kind == _MODULE else None), True


def _is_there(store: Store, noted: tuple[list[str | None], int], size: int) -> bool:
    names, noted_size = noted
    if size not in (0, noted_size):
        return False
    if size == 0:  # a chunk
        return all(name is not None and store.holds(name, noted_size) for name in names)
    return len(names) == -(-size // PIECE) and all(
        name is None or store.holds(name, min(PIECE, size - index * PIECE)) for index, name in enumerate(names)
    )


def _kept(store: Store, piece: bytes) -> str | None:
    """Keep a piece and return its name, None for one of zeros."""
    return None if piece == _ZEROS[: len(piece)] else store.put(piece)


def _digest(of: str, metadata: dict[str, Any]) -> str:
    """Return what tells one snapshot from another."""
    return sha256(repr((of, sorted(metadata.items()))).encode()).hexdigest()


def _noted(path: Path, digest: str) -> dict[_Key, tuple[list[str | None], int]]:
    """Return what an earlier attempt brought; begin anew where it was another snapshot. The last line may be cut."""
    try:
        first, *lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError):
        first, lines = "", []
    if first != json.dumps({"of": digest}):
        write_file(path, (json.dumps({"of": digest}) + "\n").encode())
        return {}
    found: dict[_Key, tuple[list[str | None], int]] = {}
    for line in lines:
        try:
            kind, place, names, size = json.loads(line)
            found[str(kind), place] = [None if name is None else str(name) for name in names], int(size)
        except (ValueError, TypeError, RecursionError):
            continue
    return found
