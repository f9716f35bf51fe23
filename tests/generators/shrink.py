"""Make a pair on which two checkers disagree as small as it gets while they still do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.generators import candid_text, stable_text
from tests.generators.tree import Pair, Path, Tree, at, drop, nodes, put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Disagrees = Callable[[str, str], bool]

BUDGET = 4000


@dataclass(frozen=True, slots=True)
class Language:
    """What shrinking needs to know of a language.

    types: kinds of nodes that are types. holders: kinds of nodes of which any child may go away, beside the definitions
    of a file, the arguments of a service and the type of a case. simplest: the type that others become. bodies: kinds
    of a last node of a file that become `single` around one of their own halves.
    """

    write: Callable[[Tree], str]
    types: frozenset[str]
    holders: frozenset[str]
    simplest: Tree
    bodies: frozenset[str] = frozenset()


CANDID = Language(
    write=candid_text.write,
    types=frozenset(candid_text.TYPES),
    holders=frozenset({"record", "variant", "service", "tuple"}),
    simplest=Tree("prim", "nat"),
)
STABLE = Language(
    write=stable_text.write,
    types=frozenset(stable_text.TYPES),
    holders=frozenset({"half", "chain", "object", "variant", "args", "actor", "case", "tuple"}),
    simplest=Tree("prim", "Nat"),
    bodies=frozenset({"prepost", "multi"}),
)


def shrink(pair: Pair, disagrees: Disagrees, language: Language, *, budget: int = BUDGET) -> tuple[str, str]:
    """Return the texts (old, new) of a pair that no single simplification makes smaller.

    budget: how often `disagrees(old, new)` may be asked; when it is used up, the smallest pair so far is returned.
    A pair that disagrees only because of its white space or comments is shrunk as text.
    """
    question = _Question(disagrees, language, budget)
    old, new = without_header(pair.old), without_header(pair.new)
    if not question.of_trees(old, new):
        return _shrink_texts(pair.old_text, pair.new_text, question)
    found: tuple[Tree, Tree] | None = (old, new)
    while found is not None:
        old, new = found
        weight = _weight(old, language) + _weight(new, language)
        # Only what is lighter is tried: shrinking comes to an end.
        lighter = (p for p in _simplified(old, new, language) if sum(_weight(tree, language) for tree in p) < weight)
        found = next((p for p in lighter if question.of_trees(*p)), None)
    return language.write(old), language.write(new)


def without_header(tree: Tree) -> Tree:
    """Return the file without the version comment that its language ignores."""
    return replace(tree, label="")


@dataclass(slots=True)
class _Question:
    """Whether two checkers disagree, asked no oftener than the budget allows; then the answer is no."""

    disagrees: Disagrees
    language: Language
    left: int

    def of_texts(self, old: str, new: str) -> bool:
        self.left -= 1
        return self.left >= 0 and self.disagrees(old, new)

    def of_trees(self, old: Tree, new: Tree) -> bool:
        return self.of_texts(self.language.write(old), self.language.write(new))


def _simplified(old: Tree, new: Tree, language: Language) -> Iterator[tuple[Tree, Tree]]:
    """Yield the pair after each single simplification: of what both sides share, then of one side."""
    for path, change in _changes(old, language):
        counterpart = _counterpart(old, new, path)
        if counterpart is not None:
            yield change(old, path), change(new, counterpart)
    for path, change in _changes(new, language):
        yield old, change(new, path)
    for path, change in _changes(old, language):
        yield change(old, path), new


def _weight(tree: Tree, language: Language) -> int:
    """Return how far a tree is from the simplest one: nodes first, then types that are not the simplest, then names."""
    return sum(
        1000 + (10 if node.kind in language.types and node != language.simplest else 0) + len(node.label)
        for _, node in nodes(tree)
    )


def _changes(tree: Tree, language: Language) -> Iterator[tuple[Path, Callable[[Tree, Path], Tree]]]:
    """Yield every single simplification: where, and how, so that it can be done at another place too."""
    for path, node in nodes(tree):
        if _may_go(tree, path, language):
            yield path, drop
        if node.kind in language.bodies:
            for side in range(len(node.children)):
                yield path, _body_of(side)
        if node.kind in language.types:
            yield path, lambda whole, where: put(whole, where, language.simplest)
            for index, child in enumerate(node.children):
                if child.kind in language.types:
                    yield path, _child(index)
                for inner, grandchild in enumerate(child.children):
                    if grandchild.kind in language.types:
                        yield path, _child(index, inner)
        if node.label and node.kind in {"arg", "item", "main"}:
            yield path, lambda whole, where: put(whole, where, replace(at(whole, where), label=""))


def _may_go(tree: Tree, path: Path, language: Language) -> bool:
    """Tell whether the node at a path can be left out."""
    if not path:
        return False
    parent = at(tree, path[:-1])
    match parent.kind:
        case "file" | "main":
            return path[-1] < len(parent.children) - 1
        case "field":
            # Only a variant's case can be without a type.
            return at(tree, path[:-2]).kind == "variant"
        case kind:
            return kind in language.holders


def _child(*inner: int) -> Callable[[Tree, Path], Tree]:
    """Return the change that puts a node's child, or a child's child, in its place."""

    def change(whole: Tree, path: Path) -> Tree:
        try:
            return put(whole, path, at(whole, (*path, *inner)))
        except IndexError:
            return whole  # the counterpart has no such child

    return change


def _body_of(side: int) -> Callable[[Tree, Path], Tree]:
    """Return the change that leaves one half of a file with migrations."""

    def change(whole: Tree, path: Path) -> Tree:
        halves = at(whole, path).children
        half = halves[min(side, len(halves) - 1)]
        return put(whole, path, Tree("single", "", (half,))) if half.kind == "half" else whole

    return change


def _counterpart(old: Tree, new: Tree, path: Path) -> Path | None:
    """Return the path in `new` of what is at a path in `old`: same kinds and labels, same place among equals."""
    found: Path = ()
    for depth, index in enumerate(path):
        parent, other = at(old, path[:depth]), at(new, found)
        wanted = parent.children[index]
        rank = sum((c.kind, c.label) == (wanted.kind, wanted.label) for c in parent.children[:index])
        equals = [i for i, c in enumerate(other.children) if (c.kind, c.label) == (wanted.kind, wanted.label)]
        if rank >= len(equals):
            return None
        found = (*found, equals[rank])
    return found


def _shrink_texts(old: str, new: str, question: _Question) -> tuple[str, str]:
    """Cut pieces out of both texts, large ones first."""
    texts = [old, new]
    size = max(len(old), len(new))
    while size := size // 2:
        for side in (0, 1):
            start = 0
            while start < len(texts[side]):
                tried = list(texts)
                tried[side] = texts[side][:start] + texts[side][start + size :]
                if question.of_texts(*tried):
                    texts = tried
                else:
                    start += size
    return texts[0], texts[1]
