"""Which mutable objects are reached from several places: for those it matters that they stay one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.heap.decode import Decoder
from analyzer.heap.errors import HeapError, WordError
from analyzer.heap.layout import NULL, WEAK
from analyzer.heap.shapes import Form

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from analyzer.heap.decode import Part
    from analyzer.heap.shapes import Shape
    from analyzer.heap.state import State

_PAGE_BITS = 15


class Marks:
    """A set of small numbers in few bytes: a bit each, in pages where there are any."""

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}

    def add(self, number: int) -> bool:
        """Put a number in, and tell whether it is new."""
        page = self._pages.get(number >> _PAGE_BITS)
        if page is None:
            page = self._pages[number >> _PAGE_BITS] = bytearray(1 << _PAGE_BITS - 3)
        place, bit = (number & (1 << _PAGE_BITS) - 1) >> 3, 1 << (number & 7)
        if page[place] & bit:
            return False
        page[place] |= bit
        return True


def shared_places(state: State) -> frozenset[int]:
    """Return where the mutable objects are that are reached more than once, or through a weak reference.

    What cannot be changed is left out: whether it is one object or two equal ones no program can tell.
    Raises HeapError.
    """
    decoder = Decoder(state.image)
    walk = _Walk(decoder)
    for variable in state.variables:
        try:
            walk.run(variable.shape, variable.word)
        except HeapError as error:
            error.path = error.path or variable.name
            raise
    while walk.weak:
        walk.run_weak(*walk.weak.pop())
    return frozenset(walk.shared)


class _Walk:
    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder
        self.shared: set[int] = set()
        self.weak: list[tuple[Shape, int]] = []
        self._met = Marks()
        self._done: dict[Shape, Marks] = {}  # one object may be seen as of several types, which lead to different parts

    def run(self, shape: Shape, word: int) -> None:
        """Visit what can be reached from a value and may be changed."""
        try:
            self._run(shape, word)
        except IndexError:
            msg = "this points outside of the image"
            raise WordError(msg) from None

    def run_weak(self, shape: Shape, word: int) -> None:
        """Visit what a weak reference leads to, which then is reached from several places."""
        try:
            self.shared.add(self.decoder.objects.follow(word))
        except IndexError:
            msg = "this points outside of the image"
            raise WordError(msg) from None
        self.run(shape, word)

    def _run(self, shape: Shape, word: int) -> None:
        # Few parts are put on the stack as they are, so that a chain of any length takes one place on it.
        todo: list[tuple[Shape, int] | Iterator[Part]] = [(shape, word)]
        while todo:
            top = todo[-1]
            if isinstance(top, tuple):
                todo.pop()
                parts = self._parts(*top)
                if top[0].form in (Form.ARRAY, Form.VAR_ARRAY) or self.decoder.container(top[0]) is not None:
                    todo.append(iter(parts))
                else:
                    todo += [(part.shape, part.word) for part in parts if part.shape.identity]
                continue
            part = next((part for part in top if part.shape.identity), None)
            if part is None:
                todo.pop()
            else:
                todo.append((part.shape, part.word))

    def _parts(self, shape: Shape, word: int) -> Iterable[Part]:
        if not shape.identity:
            return ()
        decoder = self.decoder
        if shape.form is Form.WEAK:
            target = decoder.objects.image.words[decoder.objects.expect(word, WEAK) + 2]
            if target != NULL:
                self.weak.append((shape.children[0], target))
            return ()
        if word & 7 == 7:  # noqa: PLR2004 - a pointer
            place = decoder.objects.follow(word)
            if place >= len(decoder.objects.image.words):
                raise IndexError(place)
            # An option is what is in it, so that the two have one place.
            if shape.is_mutable and not self._met.add(place):
                self.shared.add(place)
            if shape.form is not Form.OPTION and not self._done.setdefault(shape, Marks()).add(place):
                return ()
        container = decoder.container(shape)
        if container is not None and not any(s is not None and s.identity for s in (container.key, container.value)):
            return ()
        return decoder.parts(shape, word)
