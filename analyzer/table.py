"""The one data structure that holds types: a flat table of nodes, without a nested object anywhere.

A node is a number. What it is stands in parallel lists, so that copying, comparing, serialising and printing are loops
and a type may be a million levels deep.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Span = tuple[int, int]  # start and end, code-point offsets into the joined sources


@dataclass(slots=True)
class TypeTable:
    """Nodes of one interface.

    kinds: what a node is, a number of its language's own enumeration. labels: what it carries besides types, compared
    as it is. children: the nodes it refers to. spans: where it stands. members: where each child's field, case, method
    or argument stands, parallel to children. names: how each child is called in the text, None where it has no name.
    """

    kinds: list[int] = field(default_factory=list)
    labels: list[tuple[Any, ...]] = field(default_factory=list)
    children: list[tuple[int, ...]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    members: list[tuple[Span, ...]] = field(default_factory=list)
    names: list[tuple[str | None, ...]] = field(default_factory=list)

    def add(
        self,
        kind: int,
        labels: tuple[Any, ...] = (),
        children: tuple[int, ...] = (),
        span: Span = (0, 0),
        members: tuple[Span, ...] = (),
        names: tuple[str | None, ...] = (),
    ) -> int:
        """Append a node and return its number."""
        self.kinds.append(kind)
        self.labels.append(labels)
        self.children.append(children)
        self.spans.append(span)
        self.members.append(members)
        self.names.append(names)
        return len(self.kinds) - 1

    def __len__(self) -> int:
        return len(self.kinds)
