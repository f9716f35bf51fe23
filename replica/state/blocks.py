"""Memories, modules and long bytes in a log: in blocks that are named by their content and written once.

A snapshot, a fork, or an upgrade that keeps a memory writes nothing but names, and pages of zeros are no blocks at all.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from replica.errors import Reject
from replica.memory.block import BLOCK, ZEROS, blocks_of
from replica.memory.image import new_image
from replica.module.prepare import Prepared, prepare
from replica.state.log import COPY, StateError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from replica.memory.image import Image
    from replica.state.log import Log

_NOTHING = b""  # the name of a block of zeros
_NAME = 16  # bytes of a name
_REMEMBERED = 256 << 20  # bytes whose names are remembered


class Place(NamedTuple):
    """Where a block is in the log."""

    at: int
    length: int


class _Memory:
    """A memory that was written: its size in bytes and the names of its blocks."""

    __slots__ = ("names", "size")

    def __init__(self) -> None:
        self.size = 0
        self.names: list[bytes] = []


class Blocks:
    """What is kept apart of the rest of a network's state, in its log."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.places: dict[bytes, Place] = {}
        self._memories: dict[int, _Memory] = {}
        self._numbers: WeakKeyDictionary[Image, int] = WeakKeyDictionary()
        self._names: dict[int, tuple[bytes, bytes]] = {}  # long bytes, by identity, and their names
        self._named = 0  # bytes in it
        self._modules: dict[bytes, Prepared] = {}
        self._count = 0
        self._new: dict[bytes, bytes] = {}
        self._tables: dict[int, list[object]] = {}

    # Writing.

    def keep_bytes(self, data: bytes) -> bytes:
        """Return the name of bytes, which are written with the next record."""
        known = self._names.get(id(data))
        if known is None:
            known = self._remember(data, self._name(data))
        return known[1]

    def _remember(self, data: bytes, name: bytes) -> tuple[bytes, bytes]:
        """Note the name of bytes, so that the same ones are not hashed with every change; bounded."""
        if self._named > _REMEMBERED:
            self._names.clear()
            self._named = 0
        self._named += len(data)
        known = self._names[id(data)] = data, name
        return known

    def keep_module(self, module: Prepared) -> bytes:
        """Return the name of a module."""
        name = self.keep_bytes(module.installed)
        self._modules[name] = module
        return name

    def keep_memory(self, memory: Image) -> int:
        """Return the number of a memory, what changed of which is written with the next record."""
        number = self._numbers.get(memory)
        changed: Iterable[int] = sorted(memory.take_changed())
        if number is None:
            self._count += 1
            number = self._numbers[memory] = self._count
            self._memories[number] = _Memory()
            changed = range(blocks_of(memory.size))
            self._tables[number] = [memory.size]
        written = self._memories[number]
        count = blocks_of(memory.size)
        del written.names[count:]
        written.names += [_NOTHING] * (count - len(written.names))
        renamed: list[object] = []
        for index in changed:
            data = memory.read(index * BLOCK, BLOCK)
            name = _NOTHING if data == ZEROS[: len(data)] else self._name(data)
            if name != written.names[index]:
                written.names[index] = name
                renamed += [index, name]
        if renamed or memory.size != written.size:
            written.size = memory.size
            self._tables[number] = [memory.size, *self._tables.get(number, [0])[1:], *renamed]
        return number

    def _name(self, data: bytes) -> bytes:
        name = blake2b(data, digest_size=_NAME).digest()
        if name not in self.places and name not in self._new:
            self._new[name] = data
        return name

    def take_new(self) -> tuple[dict[bytes, bytes], dict[int, list[object]]]:
        """Return what is to be written: blocks by their names, and what changed in the tables of memories."""
        new, self._new = self._new, {}
        tables, self._tables = self._tables, {}
        return new, tables

    # Reading.

    def read_tables(self, tables: dict[int, list[object]]) -> None:
        """Take in what a record says of memories. Raises StateError."""
        for number, (size, *changed) in tables.items():
            memory = self._memories.setdefault(number, _Memory())
            self._count = max(self._count, number)
            if not isinstance(size, int):
                msg = "the state tells of a memory without a size"
                raise StateError(msg)
            memory.size = size
            del memory.names[blocks_of(size) :]
            memory.names += [_NOTHING] * (blocks_of(size) - len(memory.names))
            for index, name in zip(changed[::2], changed[1::2], strict=True):
                if not isinstance(index, int) or not isinstance(name, bytes) or index >= len(memory.names):
                    msg = "the state tells of a block that no memory has"
                    raise StateError(msg)
                memory.names[index] = name

    def long(self, name: bytes) -> bytes:
        """Return bytes by their name. Raises StateError: there are none, or they are damaged."""
        place = self.places.get(name)
        data = b"" if place is None else self.log.read(place.at, place.length)
        if blake2b(data, digest_size=_NAME).digest() != name:
            msg = "a block is missing or damaged"
            raise StateError(msg, where=str(self.log.path), hint=COPY)
        return data

    def memory(self, number: int) -> Image:
        """Return a memory by its number. Raises StateError."""
        written = self._memories.get(number)
        if written is None:
            msg = f"the state holds no memory of number {number}"
            raise StateError(msg)
        memory = new_image(written.size)
        for index, name in enumerate(written.names):
            if name != _NOTHING:
                memory.write(index * BLOCK, self.long(name))
        memory.take_changed()
        self._numbers[memory] = number
        return memory

    def module(self, name: bytes) -> Prepared:
        """Return a module by its name. Raises StateError."""
        if name not in self._modules:
            try:
                self._modules[name] = prepare(self.long(name))
            except Reject as error:
                msg = f"a module of the state cannot be read: {error}"
                raise StateError(msg) from None
        return self._modules[name]
