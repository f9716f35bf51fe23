"""One file in memory for the blocks of all images: one may be of many images, and is copied before one writes it."""

from __future__ import annotations

import heapq
import os
from collections import deque
from functools import cache
from typing import TYPE_CHECKING

from replica.memory import system
from replica.memory.block import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_STEP = 256  # blocks by which the file grows


class Arena:
    """Blocks by their numbers, counted by those who have them. A new one is of zeros. Used behind one lock."""

    def __init__(self) -> None:
        self.file = os.memfd_create("ctxcheck-replica", os.MFD_CLOEXEC)
        self._owners: list[int] = []
        self._free: list[int] = []
        self._left: deque[Sequence[int]] = deque()  # by images that are gone; whoever collects garbage may be anybody

    def take(self) -> int:
        """Return a block of zeros, with one owner."""
        self._tidy()
        if not self._free:
            count = len(self._owners)
            os.ftruncate(self.file, (count + _STEP) * BLOCK)
            self._owners += [0] * _STEP
            self._free = list(range(count, count + _STEP))
        block = heapq.heappop(self._free)
        self._owners[block] = 1
        return block

    def share(self, blocks: Iterable[int]) -> None:
        """Count one owner more of each."""
        owners = self._owners
        for block in blocks:
            if block >= 0:
                owners[block] += 1

    def is_shared(self, block: int) -> bool:
        """Tell whether somebody else has a block too."""
        return self._owners[block] > 1

    def leave(self, blocks: Sequence[int]) -> None:
        """Count one owner less of each, sooner or later."""
        self._left.append(blocks)

    def _tidy(self) -> None:
        freed = []
        while self._left:
            for block in self._left.popleft():
                if block >= 0:
                    self._owners[block] -= 1
                    if not self._owners[block]:
                        freed.append(block)
        freed.sort()
        start = 0
        for index, block in enumerate(freed):  # whole runs at once
            if index + 1 == len(freed) or freed[index + 1] != block + 1:
                system.punch(self.file, freed[start] * BLOCK, (index + 1 - start) * BLOCK)
                start = index + 1
        for block in freed:
            heapq.heappush(self._free, block)


@cache
def arena() -> Arena:
    """Return the process's own."""
    return Arena()
