"""An image whose blocks are mapped over the memory of an instance, and copied when they are written: Linux.

To load one takes as long for a gigabyte as for a page. What a message wrote are the pages that are not the file's any
more: they are put into blocks of the image's own, or dropped, and then the file shows again.
"""

from __future__ import annotations

import ctypes
import os
import weakref
from typing import TYPE_CHECKING

from replica.memory import system
from replica.memory.arena import arena
from replica.memory.block import BLOCK, ZEROS, blocks_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ZERO, _OUTSIDE = -1, -2  # blocks that are of zeros, or in a file of somebody else's at their own place
_MOST_RUNS = 1000  # mappings of one image; a process may have 65,530 (vm.max_map_count)


class MappedImage:
    """The committed bytes of a memory. size: bytes, whole pages of WebAssembly."""

    __slots__ = ("__weakref__", "_changed", "_outside", "_table", "size")

    def __init__(self, size: int = 0) -> None:
        self.size = size
        self._table = [_ZERO] * blocks_of(size)
        self._outside: int | None = None
        self._changed: set[int] = set()
        weakref.finalize(self, arena().leave, self._table)

    @classmethod
    def of_file(cls, path: Path) -> MappedImage:
        """Return an image of a file, which is not copied: nobody may change it.

        Raises OSError, ValueError: it is not of whole pages.
        """
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        size = os.fstat(file).st_size
        if size % BLOCK:
            os.close(file)
            msg = f"{path} is not of whole pages"
            raise ValueError(msg)
        image = cls(size)
        image._outside = file
        image._table[:] = [_OUTSIDE] * blocks_of(size)
        weakref.finalize(image, os.close, file)
        return image

    def copy(self) -> MappedImage:
        """Return the same image, on its own; nothing is copied until one of them is written."""
        new = MappedImage(self.size)
        new._table[:] = self._table
        arena().share(self._table)
        if self._outside is not None:
            new._outside = os.dup(self._outside)
            weakref.finalize(new, os.close, new._outside)
        return new

    def take_changed(self) -> set[int]:
        """Return the blocks that changed since this was asked last."""
        changed, self._changed = self._changed, set()
        return changed

    # By Python.

    def read(self, offset: int, size: int) -> bytes:
        """Return bytes; fewer beyond the end."""
        end = min(offset + size, self.size)
        parts = []
        while offset < end:
            first = offset // BLOCK
            last = self._run(first, blocks_of(end))
            stop = min(last * BLOCK, end)
            parts.append(self._read_run(first, offset, stop - offset))
            offset = stop
        return b"".join(parts)

    def _run(self, first: int, end: int) -> int:
        """Return the end of the run of blocks that lie behind each other, from one on."""
        table, at = self._table, first + 1
        entry = table[first]
        while at < end and table[at] == (entry + at - first if entry >= 0 else entry):
            at += 1
        return at

    def _read_run(self, first: int, offset: int, size: int) -> bytes:
        entry = self._table[first]
        if entry == _ZERO:
            return bytes(size)
        if entry == _OUTSIDE:
            assert self._outside is not None  # noqa: S101 - it has such blocks
            return _read(self._outside, size, offset)
        return _read(arena().file, size, entry * BLOCK + offset - first * BLOCK)

    def write(self, offset: int, data: bytes) -> None:
        """Put bytes into the image. Raises IndexError: beyond its end."""
        if offset + len(data) > self.size:
            msg = "beyond the end of the memory"
            raise IndexError(msg)
        at = 0
        while at < len(data):
            index, place = divmod(offset + at, BLOCK)
            count = min(BLOCK - place, len(data) - at)
            os.pwrite(arena().file, data[at : at + count], self._own(index) * BLOCK + place)
            at += count

    def _own(self, index: int) -> int:
        """Return the number of a block that is this image's alone."""
        entry = self._table[index]
        self._changed.add(index)
        if entry >= 0 and not arena().is_shared(entry):
            return entry
        new = arena().take()
        if entry != _ZERO:
            os.pwrite(arena().file, self._read_run(index, index * BLOCK, BLOCK), new * BLOCK)
            arena().leave([entry])
        self._table[index] = new
        return new

    def resize(self, size: int) -> None:
        """Add zeros at the end, or take bytes away there."""
        count = blocks_of(size)
        self._changed.update(range(len(self._table), count))
        self._changed = {index for index in self._changed if index < count}
        arena().leave(self._table[count:])
        del self._table[count:]
        self._table.extend([_ZERO] * (count - len(self._table)))
        self.size = size

    # Over the memory of an instance.

    def load(self, address: int) -> None:
        """Put the image over memory of at least its size. Raises OSError."""
        for first, last in self._runs():
            self._map(address, first, last)

    def _runs(self) -> Iterator[tuple[int, int]]:
        first, end = 0, len(self._table)
        while first < end:
            last = self._run(first, end)
            yield first, last
            first = last

    def _map(self, address: int, first: int, last: int) -> None:
        entry, start = self._table[first], first * BLOCK
        size = min(last * BLOCK, self.size) - start
        if entry == _ZERO:
            system.map_nothing(address + start, size)
        elif entry == _OUTSIDE:
            assert self._outside is not None  # noqa: S101 - it has such blocks
            system.map_file(address + start, size, self._outside, start)
        else:
            system.map_file(address + start, size, arena().file, entry * BLOCK)

    def commit(self, address: int, size: int) -> None:
        """Take in what a memory holds now, over which the image was put. Raises OSError."""
        if size > self.size:
            self.resize(size)
        moved: list[int] = []
        for start, end in system.written(address, size):
            for index in range(start // BLOCK, blocks_of(end)):
                begin, stop = max(start, index * BLOCK), min(end, (index + 1) * BLOCK)
                self._commit_part(address, index, begin, stop, moved)
        if not moved:
            return
        runs = 0
        for first, last in self._runs_of(sorted(set(moved))):
            self._map(address, first, last)
            runs += 1
        if runs > 1 and sum(1 for _ in self._runs()) > _MOST_RUNS:
            self._straighten(address)

    def _commit_part(self, address: int, index: int, begin: int, stop: int, moved: list[int]) -> None:
        """Take in a part of a block; one that is not ours alone is taken in as a whole, and mapped anew afterwards."""
        entry = self._table[index]
        if moved and moved[-1] == index:
            return  # with another part of it
        if entry >= 0 and not arena().is_shared(entry):
            system.write(arena().file, address + begin, stop - begin, entry * BLOCK + begin - index * BLOCK)
            system.forget(address + begin, stop - begin)
            self._changed.add(index)
            return
        size = min(BLOCK, self.size - index * BLOCK)
        if entry == _ZERO and ctypes.string_at(address + index * BLOCK, size) == ZEROS[:size]:
            system.forget(address + begin, stop - begin)  # it was looked at, or written with zeros
            return
        new = arena().take()
        system.write(arena().file, address + index * BLOCK, size, new * BLOCK)
        arena().leave([entry])
        self._table[index] = new
        self._changed.add(index)
        moved.append(index)

    def _runs_of(self, indexes: list[int]) -> Iterator[tuple[int, int]]:
        at = 0
        while at < len(indexes):
            first = last = indexes[at]
            while (
                at + 1 < len(indexes) and indexes[at + 1] == last + 1 and self._table[last + 1] == self._table[last] + 1
            ):
                at += 1
                last += 1
            yield first, last + 1
            at += 1

    def _straighten(self, address: int) -> None:
        """Copy what lies all over the place into one place: it took too many mappings."""
        for index, entry in enumerate(self._table):
            if entry != _ZERO:
                new = arena().take()
                os.pwrite(arena().file, self._read_run(index, index * BLOCK, BLOCK), new * BLOCK)
                arena().leave([entry])
                self._table[index] = new
        self.load(address)

    def rollback(self, address: int) -> None:
        """Undo what was written to a memory of the image's size, over which it was put. Raises OSError."""
        system.forget(address, self.size)


def _read(file: int, size: int, offset: int) -> bytes:
    parts = []
    while size:
        part = os.pread(file, size, offset)
        if not part:
            parts.append(bytes(size))
            break
        parts.append(part)
        size, offset = size - len(part), offset + len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
