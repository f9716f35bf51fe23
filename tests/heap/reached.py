"""All objects that the values of a state consist of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.heap.layout import ARRAY, FUNCTION, OBJECT, ROPE, TUPLE, VAR_ARRAY
from analyzer.heap.measure import Sizes
from analyzer.heap.objects import Objects

if TYPE_CHECKING:
    from analyzer.heap.state import State

ARRAYS = (ARRAY, VAR_ARRAY, TUPLE, FUNCTION)
_HEAP = 0x500000  # where objects begin


def reached(state: State) -> dict[int, int]:
    """Return where all objects are that values consist of, with their sizes in words: also boxes and lists of hashes."""
    objects, words = Objects(state.image), state.image.words
    found: dict[int, int] = {}
    todo = [variable.word for variable in state.variables]
    while todo:
        word = todo.pop()
        if word & 7 != 7 or not _HEAP <= word < state.image.size:
            continue
        index = objects.follow(word)
        if index in found:
            continue
        tag = objects.tag(index)
        if tag in ARRAYS:
            parts, size = state.image.words_at(index + 3, words[index + 2]), 3 + words[index + 2]
        elif tag == OBJECT:
            count = len(objects.layout(words[index + 2]))
            parts, size = state.image.words_at(index + 2, count + 1), 3 + count
        else:
            size = {17: 3, 21: 3, 23: 4, ROPE: 5, 39: 5, 45: 3}.get(tag) or Sizes(state.image).add(word) // 8
            parts = [] if size == 3 and tag in (11, 13, 15) else state.image.words_at(index + 2, size - 2)
            if tag in (25, 27, 29, 31, 35):
                parts = []  # bytes may look like anything
        found[index] = size
        todo += parts
    return found
