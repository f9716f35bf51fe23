"""Objects of the heap, one at a time: pointers followed, kinds checked, texts and big numbers put together."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from analyzer.heap.errors import TooMuch, WordError, bad
from analyzer.heap.layout import (
    ARRAY,
    BIG,
    BLOB,
    BOX,
    FIRST_MARKED,
    NULL,
    OBJECT,
    ROPE,
    SOME,
    TAGS,
    TEXT,
    TUPLE,
    VARIANT,
)

if TYPE_CHECKING:
    from analyzer.heap.image import Image

MAX_LIMBS = 1 << 20  # of a big number: 60 million bits
MAX_ELEMENTS = 1 << 20  # of an array that a container or the runtime keeps its own things in
_LIMB = 60


class Objects:
    """The objects of an image. Whatever an address is, the answer is an object, IndexError, or WordError."""

    def __init__(self, image: Image) -> None:
        self.image = image
        self.joined = 0  # parts of texts that were put together
        self._layouts: dict[int, dict[int, int]] = {}
        self._known = 0

    def follow(self, word: int) -> int:
        """Return where the object is that a pointer leads to: the number of its first word."""
        if word & 7 != 7:  # noqa: PLR2004 - an address of a word, minus one
            bad(f"expected a pointer, found the word {word:#x}")
        return self.image.words[(word + 9) >> 3] + 1 >> 3

    def tag(self, index: int) -> int:
        """Return what an object is."""
        tag = self.image.words[index]
        return tag if tag < FIRST_MARKED else ARRAY + 2 * (tag >> 62)

    def expect(self, word: int, tag: int) -> int:
        """Return where an object of a kind is. Raises WordError: it is another one."""
        index = self.follow(word)
        found = self.tag(index)
        if found != tag:
            bad(f"expected {TAGS[tag]}, found {TAGS.get(found, 'something unknown')}")
        return index

    def layout(self, blob: int) -> dict[int, int]:
        """Return where the fields of an object are, by their hashes, as words after its first. blob: the pointer."""
        known = self._layouts.get(blob)
        if known is None:
            index = self.expect(blob, BLOB)
            size = self.image.words[index + 2]
            if size % 8 or size > 8 * 10_000:
                bad("the fields of a record are damaged")
            hashes = self.image.words_at(index + 3, size // 8)
            if any(a >= b for a, b in pairwise(hashes)):
                bad("the fields of a record are not in order")
            self._known += len(hashes) + 1
            if self._known > 1_000_000:  # noqa: PLR2004 - a program has some hundred
                self._layouts.clear()
                self._known = len(hashes) + 1
            known = self._layouts[blob] = {value: 3 + i for i, value in enumerate(hashes)}
        return known

    def fields(self, word: int, hashes: tuple[int, ...]) -> list[int]:
        """Return the words of some fields of a record; of a mutable one the pointer to its box."""
        index = self.expect(word, OBJECT)
        words = self.image.words
        layout = self.layout(words[index + 2])
        try:
            return [words[index + layout[h]] for h in hashes]
        except KeyError:
            msg = "a field of the type is not in the record"
            raise WordError(msg) from None

    def boxed(self, word: int) -> int:
        """Return the word in a mutable box."""
        return self.image.words[self.expect(word, BOX) + 2]

    def elements(self, word: int, tag: int, most: int = MAX_ELEMENTS) -> list[int]:
        """Return the words of an array or a tuple. tag: which kind of it. Raises WordError: it has more than `most`."""
        index = self.expect(word, tag)
        count = self.image.words[index + 2]
        if count > most:
            bad(f"expected at most {most:,} elements, found {count:,}")
        return self.image.words_at(index + 3, count)

    def length(self, word: int, tag: int) -> int:
        """Return how many elements an array has. Raises WordError: more than there can be."""
        index = self.expect(word, tag)
        count = self.image.words[index + 2]
        if count > self.image.size // 8:
            bad("an array is longer than the image")
        return count

    def pair(self, word: int) -> tuple[int, int]:
        """Return the words of a tuple of two."""
        index = self.expect(word, TUPLE)
        words = self.image.words
        if words[index + 2] != 2:  # noqa: PLR2004 - a pair
            bad("a tuple is of another length")
        return words[index + 3], words[index + 4]

    def case(self, word: int) -> tuple[int, int]:
        """Return the hash of a variant's tag, and the word of what it carries."""
        index = self.expect(word, VARIANT)
        words = self.image.words
        return words[index + 2], words[index + 3]

    def unwrapped(self, word: int) -> int | None:
        """Return what is in an option, None of null: options have no box, unless what is inside looks like one."""
        if word == NULL:
            return None
        if word & 7 == 7:  # noqa: PLR2004 - a pointer
            index = self.follow(word)
            if self.image.words[index] == SOME:
                return self.image.words[index + 2]
        return word

    def bytes_of(self, word: int, tag: int) -> bytes:
        """Return the bytes of a Blob, Principal or actor."""
        index = self.expect(word, tag)
        return self.image.bytes_at((index + 3) << 3, self.image.words[index + 2])

    def text_bytes(self, word: int) -> bytes:
        """Return the bytes of a Text, put together from its parts where it is a rope."""
        words, image = self.image.words, self.image
        index = self.follow(word)
        tag = words[index]
        if tag == TEXT:
            return image.bytes_at((index + 3) << 3, words[index + 2])
        if tag != ROPE:
            bad(f"expected a Text, found {TAGS.get(tag, 'something unknown')}")
        total = words[index + 2]
        if total > image.size:
            bad("a Text is longer than the image")  # shared parts may make it so; the runtime's own limit is below
        out = bytearray()
        todo = [words[index + 4], words[index + 3]]
        steps = image.size // 16
        while todo:
            steps -= 1
            self.joined += 1
            at = self.follow(todo.pop())
            if words[at] == ROPE:
                todo += (words[at + 4], words[at + 3])
            elif words[at] == TEXT:
                out += image.bytes_at((at + 3) << 3, words[at + 2])
            else:
                bad("a part of a Text is no Text")
            if len(out) > total or steps < 0:
                bad("the parts of a Text are longer than the whole")
        if len(out) != total:
            bad("the parts of a Text are shorter than the whole")
        return bytes(out)

    def big(self, word: int) -> int:
        """Return a number that does not fit into a word."""
        index = self.expect(word, BIG)
        words = self.image.words
        used, negative = words[index + 2] & 0xFFFF_FFFF, words[index + 3] & 0xFFFF_FFFF
        if used > MAX_LIMBS:
            msg = "a number has more than 60 million bits"
            raise TooMuch(msg)
        limbs = self.image.words_at(index + 5, used)
        if any(limb >> _LIMB for limb in limbs) or negative > 1:
            bad("a big number is damaged")
        value = _joined(limbs)
        return -value if negative else value


def _joined(limbs: list[int]) -> int:
    """Return limbs of 60 bits as one number, halves first: a loop would take the square of their count."""
    width = _LIMB
    while len(limbs) > 1:
        if len(limbs) % 2:
            limbs.append(0)
        limbs = [low | high << width for low, high in zip(limbs[::2], limbs[1::2], strict=True)]
        width *= 2
    return limbs[0] if limbs else 0
