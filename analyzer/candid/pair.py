"""Two interfaces in one numbering, so that a question about types is a pair of numbers whichever side they are from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.candid.types import Kind

if TYPE_CHECKING:
    from typing import Any

    from analyzer.candid.types import CandidInterface


class Pair:
    """The nodes of `new`, then those of `old` shifted by `offset`.

    kinds, labels, children and heads are those of both tables. Children of a name are its definition.
    """

    def __init__(self, old: CandidInterface, new: CandidInterface) -> None:
        self.old = old
        self.new = new
        self.offset = shift = len(new.table)
        self.kinds: list[int] = new.table.kinds + old.table.kinds
        self.labels: list[tuple[Any, ...]] = new.table.labels + old.table.labels
        moved = [tuple([c + shift for c in cs]) if cs else cs for cs in old.table.children]
        self.children: list[tuple[int, ...]] = new.table.children + moved
        self.heads: list[int] = new.heads + [h + shift for h in old.heads]
        self.new_service = new.service
        self.old_service = old.service + shift
        self.new_main = new.main
        self.old_main = old.main + shift
        self._shapes: list[int] | None = None

    @property
    def shapes(self) -> list[int]:
        """A number for each node, equal where two types are equal as written, names by definition.

        That is the equality of candid's `TypeInner`, by which its checker keys the pairs that it assumes.
        """
        if self._shapes is None:
            known: dict[tuple[Any, ...], int] = {}
            shapes = self._shapes = [0] * len(self.kinds)
            for node, kind in enumerate(self.kinds):
                children = self.children[node]
                key = (
                    (kind, children)
                    if kind == Kind.NAME
                    else (kind, self.labels[node], tuple([shapes[c] for c in children]))
                )
                shapes[node] = known.setdefault(key, node)
        return self._shapes
