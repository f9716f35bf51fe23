"""The main memory of an instance beside the last committed image of it; portable, block by block.

Pages of WebAssembly are 64 KiB. A block that differs from the image has been written to.
"""

from __future__ import annotations

import ctypes

BLOCK = 1 << 16  # bytes, a page of WebAssembly
_LOOK = 1 << 22  # bytes that are compared at once: a memory that did not change is seen through quickly


class Region:
    """The image of one memory. size: committed bytes."""

    def __init__(self, image: bytes | bytearray = b"") -> None:
        self.image = bytearray(image)

    @property
    def size(self) -> int:
        """Committed bytes."""
        return len(self.image)

    def read(self, offset: int, size: int) -> bytes:
        """Return committed bytes; fewer beyond the end."""
        return bytes(self.image[offset : offset + size])

    def write(self, offset: int, data: bytes) -> None:
        """Put bytes into the image, within its size."""
        if offset + len(data) > self.size:
            msg = "beyond the end of the memory"
            raise IndexError(msg)
        self.image[offset : offset + len(data)] = data

    def dirty(self, address: int, size: int) -> list[tuple[int, int]]:
        """Return the ranges, start and end, in which a memory differs from the image. address, size: of the memory."""
        found: list[tuple[int, int]] = []
        common = min(size, self.size)
        for start in range(0, common, _LOOK):
            end = min(start + _LOOK, common)
            if ctypes.string_at(address + start, end - start) == self.image[start:end]:
                continue
            for block in range(start, end, BLOCK):
                stop = min(block + BLOCK, end)
                if ctypes.string_at(address + block, stop - block) != self.image[block:stop]:
                    found.append((block, stop))
        return found

    def commit(self, address: int, size: int) -> int:
        """Take in what a memory holds now; return how many bytes of it changed."""
        changed = 0
        for start, end in self.dirty(address, size):
            self.image[start:end] = ctypes.string_at(address + start, end - start)
            changed += end - start
        if size > self.size:
            changed += size - self.size
            self.image += ctypes.string_at(address + self.size, size - self.size)
        return changed

    def rollback(self, address: int) -> None:
        """Put the image back into a memory of its size."""
        for start, end in self.dirty(address, self.size):
            ctypes.memmove(address + start, bytes(self.image[start:end]), end - start)

    def load(self, address: int) -> None:
        """Put the image into a memory of at least its size."""
        if self.image:
            ctypes.memmove(address, bytes(self.image), self.size)

    def copy(self) -> Region:
        """Return the same image, on its own."""
        return Region(self.image)
