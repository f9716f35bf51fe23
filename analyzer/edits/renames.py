"""Recognise a part that only changed its name: one that is gone and one that is new, of the same structure."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

T = TypeVar("T")


def renames(gone: Sequence[T], come: Sequence[T], structure: Callable[[T], Hashable]) -> list[tuple[T, T]]:
    """Return (gone, come) pairs of one structure that no other part on either side shares: anything else is a guess."""
    if not gone or not come:
        return []
    by_structure: dict[Hashable, tuple[list[T], list[T]]] = {}
    for side, parts in enumerate((gone, come)):
        for part in parts:
            by_structure.setdefault(structure(part), ([], []))[side].append(part)
    return [(old[0], new[0]) for old, new in by_structure.values() if len(old) == len(new) == 1]
