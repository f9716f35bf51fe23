"""Hash trees: a few values under labels, and the one hash that commits to all of them.

Trees are **minimal**: each is built anew of `/time` and what was asked for, and nothing in it is pruned. Whatever a
client then does not find is proven absent, because the tree is complete; and a large reply that somebody else waits for
is not hashed again. Interface spec, "Certificate": clients tell "absent" from "unknown" by pruned nodes.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Tree: TypeAlias = "dict[bytes, Tree | bytes]"
Node: TypeAlias = "list[int | bytes | Node]"

EMPTY, FORK, LABELED, LEAF = 0, 1, 2, 3  # the fifth, 4 for pruned, is never issued

# (what is encoded, its hash)
_Hashed: TypeAlias = "tuple[Node, bytes]"


def separator(name: str) -> bytes:
    """Return a domain separator: the name behind its length. Interface spec, "Signatures"."""
    return bytes([len(name)]) + name.encode()


_OF_EMPTY = separator("ic-hashtree-empty")
_OF_FORK = separator("ic-hashtree-fork")
_OF_LABELED = separator("ic-hashtree-labeled")
_OF_LEAF = separator("ic-hashtree-leaf")


def hashed(tree: Mapping[bytes, Tree | bytes]) -> _Hashed:
    """Return (nested arrays as a certificate carries them, 32-byte root hash) of labels and values."""
    return _fork([_labeled(label, tree[label]) for label in sorted(tree)])


def _hash(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def _labeled(label: bytes, value: Tree | bytes) -> _Hashed:
    node: Node
    if isinstance(value, bytes):
        node, digest = [LEAF, value], _hash(_OF_LEAF, value)
    else:
        node, digest = hashed(value)
    return [LABELED, label, node], _hash(_OF_LABELED, label, digest)


def _fork(nodes: Sequence[_Hashed]) -> _Hashed:
    if not nodes:
        return [EMPTY], _hash(_OF_EMPTY)
    if len(nodes) == 1:
        return nodes[0]
    # Halved, so that a thousand labels nest ten deep and not a thousand. Clients take any shape whose labels ascend.
    middle = len(nodes) // 2
    (left, left_hash), (right, right_hash) = _fork(nodes[:middle]), _fork(nodes[middle:])
    return [FORK, left, right], _hash(_OF_FORK, left_hash, right_hash)


def reveal(tree: Tree, paths: Iterable[Sequence[bytes]]) -> Tree:
    """Return a tree of what lies at and below the paths, and of nothing else. A path to nowhere adds nothing."""
    shown: Tree = {}
    for path in paths:
        _copy(tree, shown, path)
    return shown


def _copy(tree: Tree, shown: Tree, path: Sequence[bytes]) -> None:
    for depth, label in enumerate(path):
        value = tree.get(label)
        if value is None:
            return
        if isinstance(value, bytes):
            # What a client asks for below a value does not exist: shown is the value, which proves it.
            shown[label] = value
            return
        if depth == len(path) - 1:
            shown[label] = value
            return
        below = shown.setdefault(label, {})
        if below is value or isinstance(below, bytes):  # all of it is shown already
            return
        tree, shown = value, below
