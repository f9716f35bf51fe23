"""Stable memory: what a message writes lies beside the image until the message is kept."""

from __future__ import annotations

from replica.memory.block import BLOCK
from replica.memory.image import Image, new_image

PAGE = 1 << 16
MAX_PAGES = (500 << 30) // PAGE  # 500 GiB (spec, "Resource limits")


class StableMemory:
    """Pages of 64 KiB."""

    __slots__ = ("__weakref__", "_written", "image", "limit", "size")

    def __init__(self, image: Image | None = None, limit: int = MAX_PAGES) -> None:
        self.image = new_image() if image is None else image
        self.limit = limit  # pages
        self.size = self.image.size  # bytes
        self._written: dict[int, bytearray] = {}  # blocks

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return self.size // PAGE

    def grow(self, pages: int) -> int:
        """Add pages and return how many there were; -1 where there may not be so many."""
        before = self.pages
        if pages < 0 or before + pages > self.limit:
            return -1
        self.size += pages * PAGE
        return before

    def read(self, offset: int, size: int) -> bytes:
        """Return bytes. Raises IndexError: beyond the end."""
        self._check(offset, size)
        if not self._written:
            found = self.image.read(offset, size)
            return found + bytes(size - len(found))
        parts = []
        end = offset + size
        while offset < end:
            index, place = divmod(offset, BLOCK)
            count = min(BLOCK - place, end - offset)
            block = self._written.get(index)
            part = self.image.read(offset, count) if block is None else bytes(block[place : place + count])
            parts.append(part + bytes(count - len(part)))
            offset += count
        return b"".join(parts)

    def write(self, offset: int, data: bytes) -> None:
        """Write bytes. Raises IndexError: beyond the end."""
        self._check(offset, len(data))
        at = 0
        while at < len(data):
            index, place = divmod(offset + at, BLOCK)
            count = min(BLOCK - place, len(data) - at)
            block = self._written.get(index)
            if block is None:
                block = bytearray(self.image.read(index * BLOCK, BLOCK))
                block += bytes(BLOCK - len(block))
                self._written[index] = block
            block[place : place + count] = data[at : at + count]
            at += count

    def _check(self, offset: int, size: int) -> None:
        if offset < 0 or size < 0 or offset + size > self.size:
            msg = "stable memory out of bounds"
            raise IndexError(msg)

    def commit(self) -> None:
        """Keep what was written."""
        if self.size != self.image.size:
            self.image.resize(self.size)
        for index, block in self._written.items():
            self.image.write(index * BLOCK, bytes(block))
        self._written.clear()

    def rollback(self) -> None:
        """Undo what was written and grown since the last commit."""
        self._written.clear()
        self.size = self.image.size

    def copy(self) -> StableMemory:
        """Return the committed bytes, on their own."""
        return StableMemory(self.image.copy(), self.limit)
