"""The stable variables in a snapshot of a Motoko canister (enhanced orthogonal persistence), wherever it is kept."""

from __future__ import annotations

import json
import mmap
import tempfile
from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.errors import CtxError, SourceError
from analyzer.heap.errors import HeapError, RootError
from analyzer.heap.export import Export
from analyzer.heap.image import FlatImage, PiecedImage
from analyzer.heap.state import read_state
from analyzer.motoko.parse import parse_stable
from analyzer.sources.wasm import STABLE, read_module, uncompressed
from migrator.backups.data import Variables
from migrator.backups.store import PIECE

if TYPE_CHECKING:
    from analyzer.heap.image import Image
    from analyzer.heap.state import State
    from migrator.backups.icp import Directory
    from migrator.backups.image import SnapshotImage

MAX_DOCUMENT = 16 << 20  # characters of JSON in a data backup, which is read as a whole
MEMORY, MODULE = "wasm_memory", "wasm_module"


class _Memory(NamedTuple):
    """The main memory of a backup, read where it is."""

    snapshot: SnapshotImage

    @property
    def size(self) -> int:
        """Bytes."""
        return self.snapshot.size(MEMORY)

    def read(self, offset: int, size: int, /) -> bytes:
        """Return bytes, fewer beyond the end. Raises DamagedError."""
        return self.snapshot.read(MEMORY, offset, size)


def state_of(memory: Image, installed: bytes, where: str) -> State:
    """Return the stable variables of a memory. installed: the module as it is installed, compressed or not.

    Raises HeapError: it is no program of Motoko with enhanced orthogonal persistence, or is damaged; SourceError.
    """
    module = uncompressed(installed, where)
    text = read_module(module, where).metadata.get(STABLE)
    if text is None:
        msg = f"the module does not say what it keeps: it has no {STABLE}"
        raise RootError(msg, where=where, hint="only programs of Motoko are read, as their compiler made them")
    try:
        return read_state(memory, module, parse_stable(text.decode("utf-8", "replace"), where))
    except HeapError as error:
        error.where = error.where or where
        raise


def state_of_backup(snapshot: SnapshotImage) -> State:
    """Return the stable variables of a backup. Raises HeapError, DamagedError, SourceError."""
    where = snapshot.folder.name
    return state_of(memory_of(snapshot), snapshot.read(MODULE, 0, snapshot.size(MODULE)), where)


def state_of_directory(directory: Directory) -> tuple[State, bytes]:
    """Return the stable variables of a directory of icp-cli, and its module. Raises HeapError, SourceError."""
    metadata = directory.metadata()
    installed = directory.read(MODULE, 0, metadata[f"{MODULE}_size"])
    path = directory.folder / f"{MEMORY}.bin"
    try:
        memory = FlatImage.of_file(path)
    except OSError as error:
        msg = f"this cannot be read: {error.strerror}"
        raise SourceError(msg, where=str(path)) from None
    except HeapError as error:
        error.where = error.where or str(path)
        raise
    return state_of(memory, installed, str(directory.folder)), installed


def variables_of_backup(snapshot: SnapshotImage) -> Variables:
    """Return the stable variables of a snapshot for a data backup, or why they are not in it."""
    name, size = snapshot.folder.name, 0
    try:
        state = state_of_backup(snapshot)
        pieces: list[str] = []
        for piece in Export(state).document(module=snapshot.manifest.module_hash):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_DOCUMENT:
                return Variables(name, why=f"they are more than is kept here: `ctxcheck state export {name}`")
        document: dict[str, Any] = json.loads("".join(pieces))
        return Variables(name, document)
    except CtxError as error:
        return Variables(name, why=str(error))
    except RecursionError:
        return Variables(name, why=f"they are nested too deeply: `ctxcheck state export {name}`")


def memory_of(snapshot: SnapshotImage) -> Image:
    """Return the main memory of a backup.

    It is unpacked into a file without a name, which only this process can find and which goes with it: mapped it reads
    several times faster. What is encrypted never comes to a disk: it is opened piece by piece.
    """
    if not snapshot.manifest.encrypted:
        try:
            return _unpacked(snapshot)
        except OSError:
            pass  # no room for it: it is read piece by piece then
    return PiecedImage(_Memory(snapshot))


def _unpacked(snapshot: SnapshotImage) -> Image:
    section = snapshot.manifest.sections[MEMORY]
    with tempfile.TemporaryFile(dir=snapshot.folder) as file:
        for index, name in enumerate(section.pieces):
            size = section.size_of(index)
            if name is None:
                file.seek(size, 1)  # zeros take no room
            else:
                file.write(snapshot.read(MEMORY, index * PIECE, size))
        file.truncate(section.size)
        file.flush()
        if not section.size:
            return FlatImage(b"")
        return FlatImage(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
