"""Hash trees: what a certificate proves is there, what it proves is not, and what it says nothing about.

Interface spec 0.66, "Certification" and "Lookup".
"""

from __future__ import annotations

from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from migrator.network.cbor import Malformed

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_NODES = 100_000
_HASH = 32  # bytes of a SHA-256
_EMPTY, _FORK, _LABELED, _LEAF, _PRUNED = range(5)


def _separated(name: str) -> bytes:
    return bytes([len(name)]) + name.encode("ascii")


_DOMAINS = [_separated(f"ic-hashtree-{kind}") for kind in ("empty", "fork", "labeled", "leaf")]


class Found(NamedTuple):
    """What is proven to be at a path."""

    value: bytes


class Absent(NamedTuple):
    """It is proven that there is nothing at the path."""


class Unknown(NamedTuple):
    """The tree says nothing about the path: it was left out. This is no proof of absence."""


class Tree:
    """A hash tree as it came. root: the hash (32 bytes) that a signature has to be over."""

    def __init__(self, raw: object) -> None:
        """Check a tree from CBOR and compute its root. Raises Malformed."""
        self._raw = raw
        self.root = _root(raw)

    def lookup(self, *path: bytes) -> Found | Absent | Unknown:
        """Return what is proven of a path."""
        node: Any = self._raw
        for label in path:
            step = _child(node, label)
            if isinstance(step, (Absent, Unknown)):
                return step
            node = step
        if node[0] == _LEAF:
            return Found(node[1])
        # A subtree: it has children, and no value of its own; what is pruned may be either.
        return Unknown() if node[0] == _PRUNED else Absent()

    def children(self, *path: bytes) -> list[bytes]:
        """Return the labels that are shown below a path; others may have been left out."""
        node: Any = self._raw
        for label in path:
            node = _child(node, label)
            if isinstance(node, (Absent, Unknown)):
                return []
        return [child[1] for child in _flat(node) if child[0] == _LABELED]


def _child(node: Any, label: bytes) -> Any:  # noqa: ANN401 - a node, as CBOR has it
    """Return the subtree under a label, or Absent where two neighbours prove that there is none, else Unknown."""
    nodes = _flat(node)
    if not nodes or (len(nodes) == 1 and nodes[0][0] == _LEAF):
        return Absent()
    before: bytes | None = None
    known = True  # whether what is before is a label, or the very beginning
    for child in nodes:
        if child[0] != _LABELED:
            before, known = None, False
            continue
        if child[1] == label:
            return child[2]
        if label < child[1]:
            return Absent() if known and (before is None or before < label) else Unknown()
        before, known = child[1], True
    return Absent() if known else Unknown()


def _flat(node: Any) -> list[Any]:  # noqa: ANN401
    """Return the nodes that forks hold together, from left to right; empty ones are left out."""
    found, todo = [], [node]
    while todo:
        one = todo.pop()
        if one[0] == _FORK:
            todo += (one[2], one[1])
        elif one[0] != _EMPTY:
            found.append(one)
    return found


_SIZES = {_EMPTY: 1, _FORK: 3, _LABELED: 3, _LEAF: 2, _PRUNED: 2}


def _check(node: object) -> Sequence[Any]:
    if not isinstance(node, (list, tuple)) or not node or not isinstance(node[0], int) or isinstance(node[0], bool):
        msg = "a node of the tree is no list that begins with its kind"
        raise Malformed(msg)
    if _SIZES.get(node[0]) != len(node):
        msg = "a node of the tree has a kind or a size that there is not"
        raise Malformed(msg)
    if node[0] in (_LABELED, _LEAF, _PRUNED) and not isinstance(node[1], bytes):
        msg = "a label, a value or a hash in the tree is no bytes"
        raise Malformed(msg)
    if node[0] == _PRUNED and len(node[1]) != _HASH:
        msg = f"a hash in the tree has {len(node[1])} bytes"
        raise Malformed(msg)
    return node


def _root(raw: object) -> bytes:
    """Return the hash of a tree, after a look at each node. Raises Malformed."""
    order: list[Sequence[Any]] = []
    todo: list[object] = [raw]
    while todo:
        node = _check(todo.pop())
        order.append(node)
        if len(order) > MAX_NODES:
            msg = f"the tree has more than {MAX_NODES:,} nodes"
            raise Malformed(msg)
        todo += {_FORK: node[1:], _LABELED: node[2:]}.get(node[0], ())
    _refuse_disorder(order[0])
    hashes: dict[int, bytes] = {}
    for node in reversed(order):
        kind, parts = node[0], b""
        if kind == _LABELED:
            _refuse_disorder(node[2])
            parts = node[1] + hashes[id(node[2])]
        elif kind == _FORK:
            parts = hashes[id(node[1])] + hashes[id(node[2])]
        elif kind == _LEAF:
            parts = node[1]
        hashes[id(node)] = node[1] if kind == _PRUNED else sha256(_DOMAINS[kind] + parts).digest()
    return hashes[id(order[0])]


def _refuse_disorder(node: Sequence[Any]) -> None:
    """Raise Malformed where the labels below a node do not rise: then a missing one would prove nothing."""
    nodes = _flat(node)
    labels = [child[1] for child in nodes if child[0] == _LABELED]
    if any(one >= other for one, other in pairwise(labels)):
        msg = "labels of the tree are not in order"
        raise Malformed(msg)
    if len(nodes) > 1 and any(child[0] == _LEAF for child in nodes):
        msg = "the tree has a value among labels"
        raise Malformed(msg)
