"""Bytes of a main memory as words: mapped from a file, or read piece by piece from wherever they are."""

from __future__ import annotations

import mmap
import sys
from collections import OrderedDict
from typing import TYPE_CHECKING, Protocol

from analyzer.heap.errors import LayoutError, WordError

if TYPE_CHECKING:
    from pathlib import Path

PAGE = 1 << 16  # of WebAssembly
MAX_IMAGE = 1 << 40  # bytes; the network gives a canister 6 GiB
_PIECE = 1 << 18  # bytes that are read at once
_PIECES = 256  # that are kept: 64 MiB
_WORD = 8


class Source(Protocol):
    """A memory of `size` bytes. read: bytes from an offset, fewer beyond the end."""

    @property
    def size(self) -> int:
        """Bytes."""

    def read(self, offset: int, size: int, /) -> bytes:
        """Return bytes, fewer beyond the end."""


class Words(Protocol):
    """64-bit words by number; IndexError beyond the end."""

    def __getitem__(self, index: int, /) -> int:
        """Return a word."""

    def __len__(self) -> int:
        """Return how many there are."""


class Image:
    """A memory. words: by address / 8. size: bytes. bytes_at, words_at: many at once; WordError beyond the end."""

    words: Words
    size: int

    def bytes_at(self, address: int, count: int) -> bytes:
        """Return bytes."""
        raise NotImplementedError

    def words_at(self, index: int, count: int) -> list[int]:
        """Return words from a word's number on."""
        raise NotImplementedError

    def relax(self) -> None:
        """Let go of what was read of a file; it is read again when it is needed."""

    def close(self) -> None:
        """Give back what is held."""


class FlatImage(Image):
    """A memory that lies in one piece: a mapped file, or bytes.

    Raises LayoutError: it is no memory of WebAssembly, or this machine counts bytes the other way round.
    """

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self.size = len(data)
        _check_size(self.size)
        if sys.byteorder != "little":
            msg = "images are read on little-endian machines alone"
            raise LayoutError(msg)
        self._data = data
        self._bytes = memoryview(data)
        self._words = self._bytes.cast("Q")
        self.words = self._words

    @classmethod
    def of_file(cls, path: Path) -> FlatImage:
        """Return the image of a file, which nobody may change meanwhile. Raises LayoutError, OSError."""
        with path.open("rb") as file:
            _check_size(file.seek(0, 2))
            return cls(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    def bytes_at(self, address: int, count: int) -> bytes:
        """Return bytes."""
        if address + count > self.size:
            raise _outside()
        return self._bytes[address : address + count].tobytes()

    def words_at(self, index: int, count: int) -> list[int]:
        """Return words from a word's number on."""
        if (index + count) * _WORD > self.size:
            raise _outside()
        return self._words[index : index + count].tolist()

    def relax(self) -> None:
        """Let the system forget the pages of the file."""
        if isinstance(self._data, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            self._data.madvise(mmap.MADV_DONTNEED)

    def close(self) -> None:
        """Unmap the file."""
        self._words.release()
        self._bytes.release()
        if isinstance(self._data, mmap.mmap):
            self._data.close()


class PiecedImage(Image):
    """A memory that is read piece by piece; 64 MiB of it are kept. Slower than one that lies in one piece."""

    def __init__(self, source: Source) -> None:
        self.size = source.size
        _check_size(self.size)
        self._source = source
        self._pieces: OrderedDict[int, memoryview] = OrderedDict()
        self.words = self

    def __len__(self) -> int:
        return self.size // _WORD

    def __getitem__(self, index: int) -> int:
        number, place = divmod(index * _WORD, _PIECE)
        piece = self._pieces.get(number)
        if piece is None:
            piece = self._piece(number)
        word: int = piece[place // _WORD]
        return word

    def _piece(self, number: int) -> memoryview:
        if number * _PIECE >= self.size:
            raise IndexError(number)
        data = self._source.read(number * _PIECE, min(_PIECE, self.size - number * _PIECE))
        if len(data) != min(_PIECE, self.size - number * _PIECE):
            msg = "the image is shorter than it says"
            raise LayoutError(msg)
        piece = self._pieces[number] = memoryview(data).cast("Q")
        if len(self._pieces) > _PIECES:
            self._pieces.popitem(last=False)
        return piece

    def bytes_at(self, address: int, count: int) -> bytes:
        """Return bytes."""
        if address + count > self.size:
            raise _outside()
        return self._source.read(address, count)

    def words_at(self, index: int, count: int) -> list[int]:
        """Return words from a word's number on."""
        return memoryview(self.bytes_at(index * _WORD, count * _WORD)).cast("Q").tolist()


def _check_size(size: int) -> None:
    if size == 0 or size % PAGE or size > MAX_IMAGE:
        msg = f"{size:,} bytes are no memory of WebAssembly, which has pages of 65,536"
        raise LayoutError(msg)


def _outside() -> WordError:
    return WordError("this points outside of the image")
