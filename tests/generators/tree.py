"""The syntax tree that the generators build, edit and shrink: one node type for both languages.

What the kinds, labels and children of a node mean is said where a language writes its trees out
(`candid_text`, `stable_text`). Trees never change: an edit returns a new tree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """A node. label: a name, a number or a keyword as written; "" for none."""

    kind: str
    label: str = ""
    children: tuple[Tree, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two versions of an interface, as trees and as texts; a text may hold comments and odd white space."""

    old: Tree
    new: Tree
    old_text: str
    new_text: str


def nodes(tree: Tree, path: Path = ()) -> Iterator[tuple[Path, Tree]]:
    """Yield every node with its path, a parent before its children."""
    yield path, tree
    for index, child in enumerate(tree.children):
        yield from nodes(child, (*path, index))


def at(tree: Tree, path: Path) -> Tree:
    """Return the node at a path."""
    for index in path:
        tree = tree.children[index]
    return tree


def put(tree: Tree, path: Path, node: Tree) -> Tree:
    """Return the tree with another node at a path."""
    return splice(tree, path, (node,))


def drop(tree: Tree, path: Path) -> Tree:
    """Return the tree without the node at a path, which is not the root's."""
    return splice(tree, path, ())


def splice(tree: Tree, path: Path, instead: tuple[Tree, ...]) -> Tree:
    """Return the tree with any number of nodes instead of the one at a path. At the root there must be one."""
    if not path:
        (node,) = instead
        return node
    first, rest = path[0], path[1:]
    middle = (splice(tree.children[first], rest, instead),) if rest else instead
    return replace(tree, children=(*tree.children[:first], *middle, *tree.children[first + 1 :]))


def pick(rng: Random, tree: Tree, wanted: Callable[[Path, Tree], bool]) -> Path | None:
    """Return the path of a random node that is wanted, or None when there is none."""
    paths = [path for path, node in nodes(tree) if wanted(path, node)]
    return rng.choice(paths) if paths else None


def transform(tree: Tree, change: Callable[[Tree], Tree]) -> Tree:
    """Return the tree with every node changed, children before their parent."""
    return change(replace(tree, children=tuple(transform(child, change) for child in tree.children)))
