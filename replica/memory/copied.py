"""An image beside the memory of an instance, compared with it block by block: on every system."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from replica.memory.block import BLOCK, blocks_of

if TYPE_CHECKING:
    from pathlib import Path

_LOOK = 1 << 22  # bytes that are compared at once: a memory that did not change is seen through quickly


class CopiedImage:
    """The committed bytes of a memory. size: bytes, whole pages of WebAssembly."""

    __slots__ = ("__weakref__", "_bytes", "_changed")

    def __init__(self, size: int = 0) -> None:
        self._bytes = bytearray(size)
        self._changed: set[int] = set()

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self._bytes)

    @classmethod
    def of_file(cls, path: Path) -> CopiedImage:
        """Return an image of a file. Raises OSError, ValueError: it is not of whole pages."""
        image = cls()
        image._bytes = bytearray(path.read_bytes())
        if image.size % BLOCK:
            msg = f"{path} is not of whole pages"
            raise ValueError(msg)
        return image

    def copy(self) -> CopiedImage:
        """Return the same image, on its own."""
        new = CopiedImage()
        new._bytes = bytearray(self._bytes)
        return new

    def take_changed(self) -> set[int]:
        """Return the blocks that changed since this was asked last."""
        changed, self._changed = self._changed, set()
        return changed

    def read(self, offset: int, size: int) -> bytes:
        """Return bytes; fewer beyond the end."""
        return bytes(self._bytes[offset : offset + size])

    def write(self, offset: int, data: bytes) -> None:
        """Put bytes into the image. Raises IndexError: beyond its end."""
        if offset + len(data) > self.size:
            msg = "beyond the end of the memory"
            raise IndexError(msg)
        self._bytes[offset : offset + len(data)] = data
        if data:
            self._changed.update(range(offset // BLOCK, blocks_of(offset + len(data))))

    def resize(self, size: int) -> None:
        """Add zeros at the end, or take bytes away there."""
        self._changed.update(range(blocks_of(self.size), blocks_of(size)))
        self._changed = {index for index in self._changed if index < blocks_of(size)}
        del self._bytes[size:]
        self._bytes += bytes(size - self.size)

    def load(self, address: int) -> None:
        """Put the image into memory of at least its size."""
        if self._bytes:
            ctypes.memmove(address, bytes(self._bytes), self.size)

    def commit(self, address: int, size: int) -> None:
        """Take in what a memory holds now."""
        if size > self.size:
            self.resize(size)
        for index in self._dirty(address):
            start = index * BLOCK
            end = min(start + BLOCK, self.size)
            self._bytes[start:end] = ctypes.string_at(address + start, end - start)
            self._changed.add(index)

    def rollback(self, address: int) -> None:
        """Put the image back into a memory of its size."""
        for index in self._dirty(address):
            start = index * BLOCK
            end = min(start + BLOCK, self.size)
            ctypes.memmove(address + start, bytes(self._bytes[start:end]), end - start)

    def _dirty(self, address: int) -> list[int]:
        """Return the blocks in which a memory differs from the image."""
        found: list[int] = []
        for start in range(0, self.size, _LOOK):
            end = min(start + _LOOK, self.size)
            if ctypes.string_at(address + start, end - start) == self._bytes[start:end]:
                continue
            for at in range(start, end, BLOCK):
                stop = min(at + BLOCK, end)
                if ctypes.string_at(address + at, stop - at) != self._bytes[at:stop]:
                    found.append(at // BLOCK)
        return found
