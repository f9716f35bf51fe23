"""A snapshot directory of icp-cli (1.5.0, seen) as a snapshot, and back: real state is rehearsed without an upload.

    metadata.json, wasm_module.bin, wasm_memory.bin, stable_memory.bin, wasm_chunk_store/<hash>.bin

Where memories are mapped, those of a directory are mapped too: opening one takes as long for a gigabyte as for a page.
So nobody may change its files as long as a snapshot of it, or a canister into which it was loaded, is in use.
"""

from __future__ import annotations

import json
import os
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from analyzer.errors import SourceError
from replica.canister import State
from replica.errors import Reject
from replica.management.code import MAX_CHUNK, MAX_CHUNKS
from replica.management.snapshots import Snapshot, upload_of
from replica.memory.image import image_of_file, new_image
from replica.memory.stable import StableMemory
from replica.snapshots.metadata import from_json, to_json

if TYPE_CHECKING:
    from pathlib import Path

    from replica.memory.image import Image

_METADATA, _CHUNKS = "metadata.json", "wasm_chunk_store"
_MOST = 1 << 20  # bytes of metadata
_PIECE = 1 << 20  # bytes that are written at once


def read_directory(folder: Path) -> Snapshot:
    """Return the snapshot of a directory, as if it had been uploaded: its timer and its hook come with it.

    Raises SourceError: it is none, files have other sizes than the metadata says, chunks other hashes than names.
    Whether module and globals go together is seen when it is loaded.
    """
    told = _metadata(folder / _METADATA)
    upload = upload_of(told)
    try:
        upload.check()
    except Reject as error:
        raise SourceError(error.message, where=str(folder / _METADATA)) from None
    state = State(
        None,
        _memory(folder / "wasm_memory.bin", upload.memory),
        [],
        StableMemory(_memory(folder / "stable_memory.bin", upload.stable)),
        upload.certified_data,
        upload.timer or 0,
    )
    return Snapshot(
        b"",
        b"",
        told["taken_at_timestamp"],
        told["canister_version"],
        state,
        _chunks(folder / _CHUNKS, [one["hash"] for one in told["wasm_chunk_store"]]),
        uploaded=True,
        module=bytearray(_file(folder / "wasm_module.bin", upload.module)),
        shown=upload.globals,
        timer_known=upload.timer is not None,
        hook=upload.hook or "",
    )


def write_directory(snapshot: Snapshot, folder: Path) -> None:
    """Write a snapshot as icp-cli does, into a new or empty folder; for the owner alone. Raises SourceError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            msg = "this folder is not empty"
            raise SourceError(msg, where=str(folder), hint="name a folder that does not exist yet")
        (folder / _CHUNKS).mkdir(mode=0o700)
        _write(folder / "wasm_module.bin", snapshot.wasm())
        _write_memory(folder / "wasm_memory.bin", snapshot.state.memory)
        _write_memory(folder / "stable_memory.bin", snapshot.state.stable.image)
        for name, chunk in snapshot.chunks.items():
            _write(folder / _CHUNKS / f"{name.hex()}.bin", chunk)
        _write(folder / _METADATA, (json.dumps(to_json(snapshot.metadata()), indent=2) + "\n").encode())  # last
    except OSError as error:
        msg = f"this snapshot cannot be written: {error.strerror}"
        raise SourceError(msg, where=str(folder)) from None


def _metadata(path: Path) -> dict[str, Any]:
    data = _file(path)
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as error:
        msg = f"this is no metadata of a snapshot: {error}"
        raise SourceError(msg, where=str(path)) from None
    return from_json(told, str(path))


def _file(path: Path, size: int | None = None) -> bytes:
    """Return a file of a size; None: of at most `_MOST` bytes. Raises SourceError."""
    most = _MOST if size is None else size
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise _unreadable(path, error) from None
    if len(data) > most or (size is not None and len(data) < size):
        msg = f"this has {len(data):,} bytes or more, and {most:,} are expected"
        raise SourceError(msg, where=str(path))
    return data


def _unreadable(path: Path, error: OSError) -> SourceError:
    msg = f"this cannot be read: {error.strerror}"
    return SourceError(
        msg, where=str(path), hint="a snapshot directory is what `icp canister snapshot download` writes"
    )


def _memory(path: Path, size: int) -> Image:
    try:
        found = path.stat().st_size
        if found != size:
            msg = f"this has {found:,} bytes, and the metadata says {size:,}"
            raise SourceError(msg, where=str(path))
        return image_of_file(path) if size else new_image()
    except OSError as error:
        raise _unreadable(path, error) from None


def _chunks(folder: Path, names: list[bytes]) -> dict[bytes, bytes]:
    if len(names) > MAX_CHUNKS:
        msg = f"the metadata names {len(names):,} chunks, and there are at most {MAX_CHUNKS}"
        raise SourceError(msg, where=str(folder))
    found = {}
    for name in names:
        path = folder / f"{name.hex()}.bin"
        try:
            with path.open("rb") as file:
                chunk = file.read(MAX_CHUNK + 1)
        except OSError as error:
            raise _unreadable(path, error) from None
        if len(chunk) > MAX_CHUNK or sha256(chunk).digest() != name:
            msg = "this is not the chunk of its name"
            raise SourceError(msg, where=str(path))
        found[name] = chunk
    return found


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


def _write_memory(path: Path, memory: Image) -> None:
    """Write a memory; what is zero takes no room."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for offset in range(0, memory.size, _PIECE):
            piece = memory.read(offset, _PIECE)
            if piece.count(0) == len(piece):
                file.seek(len(piece), os.SEEK_CUR)
            else:
                file.write(piece)
        file.truncate(memory.size)
