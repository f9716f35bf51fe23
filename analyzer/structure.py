"""Which types are the same once names, aliases and unrolling are taken away, and a digest that says so.

Types are infinite regular trees drawn as finite graphs. Two nodes are of one class when they unfold to the same tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analyzer.graph import components
from grammars.digest import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Form = tuple[Any, tuple[int, ...]]  # what a node is by itself, and its children


class Structure:
    """Classes of all nodes that can be reached from some roots.

    form(node): what the node is besides its children (hashable, with a stable repr), and its children, names followed.
    """

    def __init__(self, roots: Iterable[int], form: Callable[[int], Form]) -> None:
        self._forms: dict[int, Form] = {}
        todo = list(roots)
        while todo:
            node = todo.pop()
            if node not in self._forms:
                made = self._forms[node] = form(node)
                todo += made[1]
        self.classes = _partition(self._forms)
        # Of each class: what a node of it is, as length-prefixed bytes, and the classes of its children.
        self._own: dict[int, bytes] = {}
        self._children: dict[int, tuple[int, ...]] = {}
        for node, number in self.classes.items():
            if number not in self._own:
                own, children = self._forms[node]
                self._own[number] = _prefixed(repr(own).encode())
                self._children[number] = tuple([self.classes[c] for c in children])
        self._components: dict[int, int] | None = None
        self._digests: dict[int, str] = {}

    def digest(self, node: int) -> str:
        """Return SHA-256 (hex) of the canonical form of a type: equal exactly for types of equal structure."""
        goal = self.classes[node]
        todo = [goal]
        while todo:
            number = todo[-1]
            if number in self._digests:
                todo.pop()
                continue
            order, outside = self._around(number)
            missing = [c for c in outside if c not in self._digests]
            if missing:
                todo += missing
                continue
            self._digests[number] = self._serial(order)
            todo.pop()
        return self._digests[goal]

    def _around(self, number: int) -> tuple[list[int], list[int]]:
        """Return the classes on a cycle with `number`, in the order of a walk, and those that they lead out to."""
        if self._components is None:
            self._components = components(self._children)
        of, own = self._components, self._components[number]
        order, seen, outside = [number], {number}, []
        for at in order:
            for child in self._children[at]:
                if of[child] != own:
                    outside.append(child)
                elif child not in seen:
                    seen.add(child)
                    order.append(child)
        return order, outside

    def _serial(self, order: list[int]) -> str:
        index = {number: i for i, number in enumerate(order)}
        parts: list[bytes] = []
        for number in order:
            parts.append(self._own[number])
            for child in self._children[number]:
                known = index.get(child)
                parts.append(b"^%d," % known if known is not None else self._digests[child].encode())
        return sha256(b"".join(parts)).hexdigest()


def _prefixed(data: bytes) -> bytes:
    return b"%d:%s" % (len(data), data)


def _partition(forms: dict[int, Form]) -> dict[int, int]:
    """Return the class of each node: the coarsest partition that its own form and its children's classes allow.

    A node below which there is no cycle is classed from the leaves up; most are. The others are left to refinement.
    """
    parents: dict[int, list[int]] = {node: [] for node in forms}
    waiting: dict[int, int] = {}
    for node, (_, children) in forms.items():
        waiting[node] = len(children)
        for child in children:
            parents[child].append(node)
    known: dict[Any, int] = {}
    classes: dict[int, int] = {}
    ready = [node for node, count in waiting.items() if not count]
    for node in ready:
        own, children = forms[node]
        classes[node] = known.setdefault((own, tuple([classes[c] for c in children])), len(known))
        for parent in parents[node]:
            waiting[parent] -= 1
            if not waiting[parent]:
                ready.append(parent)
    if len(classes) < len(forms):
        _refine(forms, parents, classes, len(known))
    return classes


def _refine(forms: dict[int, Form], parents: dict[int, list[int]], classes: dict[int, int], fresh: int) -> None:
    """Class the nodes that `classes` lacks, from the number `fresh` on.

    Partition refinement in which the largest part keeps its number, so that each node moves O(log n) times
    (Valmari, "Bisimilarity Minimization in O(m log n) Time").
    """
    left = [node for node in forms if node not in classes]
    first: dict[Any, int] = {}
    blocks: dict[int, set[int]] = {}
    found: dict[int, int] = {}
    for node in left:
        own, children = forms[node]
        below = tuple([classes.get(c) for c in children])
        found[node] = first.setdefault((own, below), fresh + len(first))
        blocks.setdefault(found[node], set()).add(node)
    classes.update(found)
    fresh += len(first)
    dirty = set(left)
    while dirty:
        touched: dict[int, dict[tuple[int, ...], list[int]]] = {}
        for node in dirty:
            if len(blocks[classes[node]]) == 1:
                continue  # nothing to split; a service of 20,000 methods would be looked at again for each of them
            key = tuple([classes[c] for c in forms[node][1]])
            touched.setdefault(classes[node], {}).setdefault(key, []).append(node)
        dirty = set()
        for number, parts in touched.items():
            block = blocks[number]
            rest = len(block) - sum(map(len, parts.values()))
            if rest == 0 and len(parts) == 1:
                continue
            groups = sorted(parts.values(), key=len)
            if rest < len(groups[-1]):
                if rest:
                    # None of the block's other nodes has a child that moved, so they have one key, and no part has it.
                    seen = {node for group in groups for node in group}
                    groups.append([node for node in block if node not in seen])
                    groups.sort(key=len)
                groups.pop()
            for group in groups:
                blocks[fresh] = set(group)
                block.difference_update(group)
                for node in group:
                    classes[node] = fresh
                fresh += 1
                for node in group:
                    dirty.update(parents[node])
