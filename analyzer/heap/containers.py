"""Containers of mo:core, mo:base and vector, known by their types, and what is in them.

The types are those of mo:core 1.0 to 2.5, mo:base 0.11 to 0.16 and vector 0.4. A program may have types of its own that
look the same: then it keeps its entries in the same way.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from analyzer.heap.errors import bad
from analyzer.heap.layout import VAR_ARRAY, heap_hash
from analyzer.heap.shapes import Form, Shapes, same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analyzer.heap.objects import Objects
    from analyzer.heap.shapes import Shape

_TEMPLATES = """
type List<T> = ?(T, List<T>);
type BTree<K, V> = {
  #leaf : { data : { kvs : [var ?(K, V)]; var count : Nat } };
  #internal : { data : { kvs : [var ?(K, V)]; var count : Nat }; children : [var ?BTree<K, V>] } };
type BTreeSet<K> = {
  #leaf : { data : { elements : [var ?K]; var count : Nat } };
  #internal : { data : { elements : [var ?K]; var count : Nat }; children : [var ?BTreeSet<K>] } };
type Node<T> = { value : T; var next : ?Node<T>; var previous : ?Node<T> };
type Tree<K, V> = { #red : (Tree<K, V>, K, V, Tree<K, V>); #black : (Tree<K, V>, K, V, Tree<K, V>); #leaf };
type TreeSet<K> = { #red : (TreeSet<K>, K, TreeSet<K>); #black : (TreeSet<K>, K, TreeSet<K>); #leaf };
type Trie<K, V> = { #empty; #leaf : { size : Nat; keyvals : List<({ hash : Nat32; key : K }, V)> };
  #branch : { size : Nat; left : Trie<K, V>; right : Trie<K, V> } };
type RBTree<K, V> = { #leaf; #node : ({ #R; #B }, RBTree<K, V>, (K, ?V), RBTree<K, V>) };
type K = { #__key };
type V = { #__value };
actor {
  stable Map : { var root : BTree<K, V>; var size : Nat };
  stable PureMap : { root : Tree<K, V>; size : Nat };
  stable PureSet : { root : TreeSet<K>; size : Nat };
  stable Queue : { var front : ?Node<V>; var back : ?Node<V>; var size : Nat };
  stable RBTree : RBTree<K, V>;
  stable Set : { var root : BTreeSet<K>; var size : Nat };
  stable Stack : { var top : List<V>; var size : Nat };
  stable Trie : Trie<K, V>;
  stable List : { var blocks : [var [var ?V]]; var blockIndex : Nat; var elementIndex : Nat };
  stable Vector : { var data_blocks : [var [var ?V]]; var i_block : Nat; var i_element : Nat };
  stable PureList : List<V>;
  stable PureQueue : (List<V>, Nat, List<V>);
}
"""
_KEY, _VALUE = "__key", "__value"


@dataclass(frozen=True, slots=True)
class Container:
    """What a shape is as a container.

    name: e.g. `Map`. key, value: the shapes of entries; a set has no value, a list no key. entries: gives the words of
    each, key first. count: how many it says that it has, or many; None of one that does not say.
    """

    name: str
    key: Shape | None
    value: Shape | None
    entries: Callable[[Objects, int], Iterator[tuple[int, ...]]]
    count: Callable[[Objects, int], int] | None


def container_of(shape: Shape) -> Container | None:
    """Return what container a shape is, None of one that is none."""
    if shape.form not in (Form.RECORD, Form.VARIANT, Form.OPTION, Form.TUPLE):
        return None
    for name, template in _templates():
        found: dict[str, Shape] = {}
        if _fits(template, shape, found):
            return Container(name, found.get(_KEY), found.get(_VALUE), _ENTRIES[name], _COUNTS.get(name))
    return None


@cache
def _templates() -> list[tuple[str, Shape]]:
    from analyzer.motoko.parse import parse_stable  # noqa: PLC0415 - reads a text, once

    signature = parse_stable(_TEMPLATES, "containers")
    shapes = Shapes(signature).of([field.node for field in signature.post])
    return [(field.name, shape) for field, shape in zip(signature.post, shapes, strict=True)]


def _fits(template: Shape, shape: Shape, found: dict[str, Shape]) -> bool:
    """Tell whether a shape is a template with something put for its key and value, which `found` then has."""
    seen: set[tuple[int, int]] = set()
    todo = [(template, shape)]
    while todo:
        wanted, at = todo.pop()
        if wanted.form is Form.VARIANT and wanted.labels in ((_KEY,), (_VALUE,)):
            label = wanted.labels[0]
            if not same(found.setdefault(label, at), at):
                return False
            continue
        if (wanted.number, at.number) in seen:
            continue
        seen.add((wanted.number, at.number))
        if (wanted.form, wanted.name, wanted.labels, wanted.mutable) != (at.form, at.name, at.labels, at.mutable):
            return False
        if len(wanted.children) != len(at.children):
            return False
        todo += zip(wanted.children, at.children, strict=True)
    return True


# How entries are found. What the runtime could not have made raises WordError.

_SIZE_ROOT = heap_hash("size"), heap_hash("root")
_KVS, _ELEMENTS = heap_hash("kvs"), heap_hash("elements")
_COUNT, _DATA, _CHILDREN = heap_hash("count"), heap_hash("data"), heap_hash("children")
_LEAF, _INTERNAL, _RED, _BLACK = heap_hash("leaf"), heap_hash("internal"), heap_hash("red"), heap_hash("black")
_EMPTY, _BRANCH, _NODE = heap_hash("empty"), heap_hash("branch"), heap_hash("node")
_MAX_HEIGHT = 200  # of a balanced tree; 64 are more than a memory can hold
_ENOUGH = 50_000  # entries: more than is read at once
_MAX_PATH = 500_000  # of one that nobody keeps in balance


def natural(word: int) -> int:
    """Return a Nat that counts something. Raises WordError: it is none."""
    if word & 3 != 2 or word >> 63:  # noqa: PLR2004 - the mark of a compact number
        bad("a count is no small Nat")
    return word >> 2


def _counted(objects: Objects, entries: Iterator[tuple[int, ...]], word: int) -> Iterator[tuple[int, ...]]:
    """Give entries, and hold that there are as many as the container says. word: the Nat that says it."""
    found, size = 0, natural(word)
    if size > objects.image.size // 8:
        bad("a container says that it holds more than the image")
    for entry in entries:
        found += 1
        if found > size:
            bad(f"a container of {size:,} holds more")
        yield entry
    if found != size:
        bad(f"a container of {size:,} holds {found:,}")


def _slot(objects: Objects, word: int) -> int:
    content = objects.unwrapped(word)
    if content is None:
        bad("a place of a container that is in use is empty")
    return content


def _btree(objects: Objects, word: int, slots: int) -> Iterator[tuple[int, ...]]:
    size, root = (objects.boxed(w) for w in objects.fields(word, _SIZE_ROOT))
    return _counted(objects, _btree_entries(objects, root, slots), size)


def _btree_entries(objects: Objects, root: int, slots: int) -> Iterator[tuple[int, ...]]:
    stack: list[Iterator[tuple[int, ...] | int]] = [_btree_node(objects, root, slots)]
    while stack:
        for found in stack[-1]:
            if isinstance(found, int):
                if len(stack) > _MAX_HEIGHT:
                    bad("a tree is higher than it can be")
                stack.append(_btree_node(objects, found, slots))
                break
            yield found
        else:
            stack.pop()


def _btree_node(objects: Objects, word: int, slots: int) -> Iterator[tuple[int, ...] | int]:
    """Give the entries of a node in their order, and between them the nodes below it."""
    tag, payload = objects.case(word)
    children: list[int] = []
    if tag == _INTERNAL:
        data, below = objects.fields(payload, (_DATA, _CHILDREN))
        children = objects.elements(below, VAR_ARRAY)
    elif tag == _LEAF:
        (data,) = objects.fields(payload, (_DATA,))
    else:
        bad("a node of a tree is of no kind")
    items, box = objects.fields(data, (slots, _COUNT))
    count = natural(objects.boxed(box))
    entries = objects.elements(items, VAR_ARRAY)
    if count > len(entries) or (children and count >= len(children)):
        bad("a node of a tree counts more than it has")
    for i in range(count):
        if children:
            yield _slot(objects, children[i])
        entry = _slot(objects, entries[i])
        yield objects.pair(entry) if slots == _KVS else (entry,)
    if children:
        yield _slot(objects, children[count])


def _red_black(objects: Objects, word: int, width: int) -> Iterator[tuple[int, ...]]:
    size, root = objects.fields(word, _SIZE_ROOT)
    return _counted(objects, _in_order(objects, root, width), size)


def _in_order(objects: Objects, root: int, width: int) -> Iterator[tuple[int, ...]]:
    """Give the entries of a pure map or set. width: words of an entry."""
    path: list[list[int]] = []
    at = root
    while True:
        tag, payload = objects.case(at)
        if tag in (_RED, _BLACK):
            if len(path) > _MAX_HEIGHT:
                bad("a tree is higher than it can be")
            node = _tuple(objects, payload, width + 2)
            path.append(node)
            at = node[0]
            continue
        if tag != _LEAF:
            bad("a node of a tree is of no kind")
        if not path:
            return
        node = path.pop()
        yield tuple(node[1:-1])
        at = node[-1]


def _tuple(objects: Objects, word: int, count: int) -> list[int]:
    items = objects.elements(word, 7, count)
    if len(items) != count:
        bad("a tuple is of another length")
    return items


def _chain(objects: Objects, word: int) -> Iterator[tuple[int, ...]]:
    """Give the items of `?(T, List<T>)`."""
    left = objects.image.size // 16
    while True:
        cell = objects.unwrapped(word)
        if cell is None:
            return
        left -= 1
        if left < 0:
            bad("a list leads back to itself")
        item, word = objects.pair(cell)
        yield (item,)


_BLOCKS = ("blocks", "blockIndex", "elementIndex"), ("data_blocks", "i_block", "i_element")


def _blocks(objects: Objects, word: int, names: tuple[str, ...]) -> Iterator[tuple[int, ...]]:
    table, last, inside = (objects.boxed(w) for w in objects.fields(word, tuple([heap_hash(n) for n in names])))
    blocks, full, rest = objects.elements(table, VAR_ARRAY), natural(last), natural(inside)
    if full > len(blocks) or (rest and full == len(blocks)):
        bad("a list has fewer blocks than it says")
    for number in range(full + (rest > 0)):
        block = objects.elements(blocks[number], VAR_ARRAY)
        if number == full:
            if rest > len(block):
                bad("a block of a list is shorter than the list says")
            del block[rest:]
        for item in block:
            yield (_slot(objects, item),)


def _blocks_count(objects: Objects, word: int, names: tuple[str, ...]) -> int:
    table, last, inside = (objects.boxed(w) for w in objects.fields(word, tuple([heap_hash(n) for n in names])))
    total = natural(inside)
    for block in reversed(objects.elements(table, VAR_ARRAY)[: natural(last)]):
        total += objects.length(block, VAR_ARRAY)
        if total > _ENOUGH:  # to look at all blocks would bring most of a large memory in
            break
    return total


_QUEUE = heap_hash("front"), heap_hash("size")
_LINK = heap_hash("value"), heap_hash("next")
_STACK = heap_hash("top"), heap_hash("size")


def _queue(objects: Objects, word: int) -> Iterator[tuple[int, ...]]:
    front, size = (objects.boxed(w) for w in objects.fields(word, _QUEUE))
    return _counted(objects, _linked(objects, front), size)


def _linked(objects: Objects, word: int) -> Iterator[tuple[int, ...]]:
    while (node := objects.unwrapped(word)) is not None:
        value, box = objects.fields(node, _LINK)
        yield (value,)
        word = objects.boxed(box)


def _stack(objects: Objects, word: int) -> Iterator[tuple[int, ...]]:
    top, size = (objects.boxed(w) for w in objects.fields(word, _STACK))
    return _counted(objects, _chain(objects, top), size)


def _two_lists(objects: Objects, word: int) -> Iterator[tuple[int, ...]]:
    front, size, back = _tuple(objects, word, 3)
    return _counted(objects, _both(objects, front, back), size)


def _both(objects: Objects, front: int, back: int) -> Iterator[tuple[int, ...]]:
    yield from _chain(objects, front)
    yield from ((word,) for word in reversed(array("Q", (word for (word,) in _chain(objects, back)))))


_KEYVALS, _LEFT, _RIGHT, _KEY_FIELD = (heap_hash(n) for n in ("keyvals", "left", "right", "key"))


def _trie(objects: Objects, word: int) -> Iterator[tuple[int, ...]]:
    todo, left = [word], objects.image.size // 16
    while todo:
        left -= 1
        if left < 0:
            bad("a trie leads back to itself")
        tag, payload = objects.case(todo.pop())
        if tag == _BRANCH:
            todo += reversed(objects.fields(payload, (_LEFT, _RIGHT)))
        elif tag == _LEAF:
            for (entry,) in _chain(objects, *objects.fields(payload, (_KEYVALS,))):
                key, value = objects.pair(entry)
                yield (*objects.fields(key, (_KEY_FIELD,)), value)
        elif tag != _EMPTY:
            bad("a node of a trie is of no kind")


def _rb_tree(objects: Objects, word: int) -> Iterator[tuple[int, ...]]:
    path: list[tuple[int, int]] = []
    at, left = word, objects.image.size // 16
    while True:
        tag, payload = objects.case(at)
        if tag == _NODE:
            left -= 1
            if left < 0 or len(path) > _MAX_PATH:
                bad("a tree leads back to itself, or is higher than is read")
            _, below, entry, above = _tuple(objects, payload, 4)
            path.append((entry, above))
            at = below
            continue
        if tag != _LEAF:
            bad("a node of a tree is of no kind")
        if not path:
            return
        entry, at = path.pop()
        key, kept = objects.pair(entry)
        value = objects.unwrapped(kept)
        if value is not None:  # null marks an entry that was removed
            yield (key, value)


_ENTRIES: dict[str, Callable[[Objects, int], Iterator[tuple[int, ...]]]] = {
    "Map": lambda objects, word: _btree(objects, word, _KVS),
    "Set": lambda objects, word: _btree(objects, word, _ELEMENTS),
    "PureMap": lambda objects, word: _red_black(objects, word, 2),
    "PureSet": lambda objects, word: _red_black(objects, word, 1),
    "List": lambda objects, word: _blocks(objects, word, _BLOCKS[0]),
    "Vector": lambda objects, word: _blocks(objects, word, _BLOCKS[1]),
    "PureList": _chain,
    "PureQueue": _two_lists,
    "Queue": _queue,
    "Stack": _stack,
    "Trie": _trie,
    "RBTree": _rb_tree,
}


def _size_field(objects: Objects, word: int) -> int:
    return natural(*objects.fields(word, _SIZE_ROOT[:1]))


def _size_box(objects: Objects, word: int) -> int:
    return natural(objects.boxed(*objects.fields(word, _SIZE_ROOT[:1])))


_COUNTS: dict[str, Callable[[Objects, int], int]] = {
    "Map": _size_box,
    "Set": _size_box,
    "Queue": _size_box,
    "Stack": _size_box,
    "PureMap": _size_field,
    "PureSet": _size_field,
    "PureQueue": lambda objects, word: natural(_tuple(objects, word, 3)[1]),
    "List": lambda objects, word: _blocks_count(objects, word, _BLOCKS[0]),
    "Vector": lambda objects, word: _blocks_count(objects, word, _BLOCKS[1]),
}
