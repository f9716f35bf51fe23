"""How many bytes of the heap each variable takes, without its type: objects say themselves what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.heap.errors import WordError
from analyzer.heap.identity import Marks
from analyzer.heap.layout import (
    ACTOR,
    ARRAY,
    BIG,
    BLOB,
    BOX,
    CLOSURE,
    FLOAT,
    FUNCTION,
    INT64,
    NAT64,
    NULL,
    OBJECT,
    PRINCIPAL,
    REGION,
    ROPE,
    SOME,
    TEXT,
    TUPLE,
    VAR_ARRAY,
    VARIANT,
    WEAK,
)
from analyzer.heap.objects import Objects

if TYPE_CHECKING:
    from analyzer.heap.image import Image

_VECTORS = frozenset((ARRAY, VAR_ARRAY, TUPLE, FUNCTION))
_BYTES = frozenset((BLOB, TEXT, PRINCIPAL, ACTOR))
_FIXED = {  # (words in all, where its values begin, where they end)
    NAT64: (3, 0, 0),
    INT64: (3, 0, 0),
    FLOAT: (3, 0, 0),
    BOX: (3, 2, 3),
    SOME: (3, 2, 3),
    VARIANT: (4, 3, 4),
    ROPE: (5, 3, 5),
    REGION: (5, 4, 5),
    WEAK: (3, 0, 0),  # it keeps nothing alive
}
_RELAX = 100_000  # objects


class Sizes:
    """Bytes of objects, each counted for the first variable that leads to it. Raises HeapError."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._objects = Objects(image)
        self._met = Marks()
        self.objects = 0

    def add(self, word: int) -> int:
        """Return the bytes of everything that a value leads to and no earlier one did."""
        try:
            return self._add(word)
        except IndexError:
            msg = "this points outside of the image"
            raise WordError(msg) from None

    def _add(self, word: int) -> int:
        words, image = self._image.words, self._image
        total, todo = 0, [word]
        while todo:
            at = todo.pop()
            if at & 7 != 7 or at == NULL:  # noqa: PLR2004 - no pointer
                continue
            index = words[(at + 9) >> 3] + 1 >> 3
            if not self._met.add(index):
                continue
            self.objects += 1
            if self.objects % _RELAX == 0:
                image.relax()
            tag = self._objects.tag(index)
            if tag in _FIXED:
                size, start, end = _FIXED[tag]
                todo += image.words_at(index + start, end - start)
            elif tag in _BYTES:
                size = 3 + (words[index + 2] + 7 >> 3)
            elif tag in _VECTORS or tag == OBJECT:
                count = len(self._objects.layout(words[index + 2])) if tag == OBJECT else words[index + 2]
                size = 3 + count
                todo += image.words_at(index + 3, count)
            elif tag == BIG:
                size = 5 + (words[index + 2] >> 32)
            elif tag == CLOSURE:
                size = 4 + words[index + 3]
                todo += image.words_at(index + 4, words[index + 3])
            else:
                msg = f"an object of the unknown kind {tag}"
                raise WordError(msg)
            if (index + size) * 8 > image.size:
                raise IndexError(index)
            total += size * 8
        return total
