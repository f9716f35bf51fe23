"""A snapshot on disk -> its stable variables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import SourceError
from analyzer.heap.errors import HeapError, RootError
from analyzer.heap.image import FlatImage
from analyzer.heap.state import read_state
from analyzer.motoko.parse import parse_stable
from analyzer.sources.wasm import STABLE, read_module, uncompressed
from grammars.digest import sha256

if TYPE_CHECKING:
    from analyzer.heap.state import State


class Opened(NamedTuple):
    """A snapshot. name: as it was asked for. module: SHA-256 of it as it is installed, hex."""

    name: str
    state: State
    module: str


def open_snapshot(name: str) -> Opened:
    """Read a snapshot directory of icp-cli (1.5). Raises SourceError, HeapError."""
    from migrator.backups.icp import Directory  # noqa: PLC0415 - brings what backups need

    directory = Directory(Path(name))
    metadata = directory.metadata()
    installed = directory.read("wasm_module", 0, metadata["wasm_module_size"])
    where = str(Path(name) / "wasm_module.bin")
    module = uncompressed(installed, where)
    text = read_module(module, where).metadata.get(STABLE)
    if text is None:
        msg = f"the module does not say what it keeps: it has no {STABLE}"
        raise RootError(msg, where=where, hint="only programs of Motoko are read, as their compiler made them")
    signature = parse_stable(text.decode("utf-8", "replace"), where)
    memory = Path(name) / "wasm_memory.bin"
    try:
        return Opened(name, read_state(FlatImage.of_file(memory), module, signature), sha256(installed).hexdigest())
    except OSError as error:
        msg = f"this cannot be read: {error.strerror}"
        raise SourceError(msg, where=str(memory)) from None
    except HeapError as error:
        error.where = error.where or name
        raise
