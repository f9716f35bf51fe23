"""Stable memory: bytes with an undo log, so that a message that traps leaves none of its writes."""

from __future__ import annotations

PAGE = 1 << 16
MAX_PAGES = (500 << 30) // PAGE  # 500 GiB (spec, "Resource limits")


class StableMemory:
    """Pages of 64 KiB, kept as one array: what is not written takes room too."""

    def __init__(self, image: bytes | bytearray = b"", limit: int = MAX_PAGES) -> None:
        self.image = bytearray(image)
        self.limit = limit  # pages
        self._undo: list[tuple[int, bytes]] = []
        self._committed = len(self.image)

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.image)

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return len(self.image) // PAGE

    def grow(self, pages: int) -> int:
        """Add pages and return how many there were; -1 where there may not be so many."""
        before = self.pages
        if pages < 0 or before + pages > self.limit:
            return -1
        try:
            self.image += bytes(pages * PAGE)
        except MemoryError:
            return -1
        return before

    def read(self, offset: int, size: int) -> bytes:
        """Return bytes. Raises IndexError: beyond the end."""
        self._check(offset, size)
        return bytes(self.image[offset : offset + size])

    def write(self, offset: int, data: bytes) -> None:
        """Write bytes. Raises IndexError: beyond the end."""
        self._check(offset, len(data))
        end = min(offset + len(data), self._committed)
        if offset < end:
            self._undo.append((offset, bytes(self.image[offset:end])))
        self.image[offset : offset + len(data)] = data

    def _check(self, offset: int, size: int) -> None:
        if offset < 0 or size < 0 or offset + size > len(self.image):
            msg = "stable memory out of bounds"
            raise IndexError(msg)

    def commit(self) -> None:
        """Keep what was written."""
        self._undo.clear()
        self._committed = len(self.image)

    def rollback(self) -> None:
        """Undo what was written and grown since the last commit."""
        for offset, before in reversed(self._undo):
            self.image[offset : offset + len(before)] = before
        del self.image[self._committed :]
        self._undo.clear()

    def copy(self) -> StableMemory:
        """Return the committed bytes, on their own."""
        return StableMemory(self.image, self.limit)
