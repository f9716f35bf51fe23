"""The containers of mo:core, recognised by their structure: nobody maps the nodes of a tree by hand.

Structures: mo:core 2.5, Types.mo. What has no `map` of its own, a Set, or a Map whose keys change, is mapped node by
node, as any other type is.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from analyzer.motoko.parse import parse_stable
from analyzer.motoko.types import Kind
from analyzer.motoko.universe import Undecided

if TYPE_CHECKING:
    from analyzer.motoko.relation import Relation
    from analyzer.motoko.types import StableSignature
    from analyzer.motoko.universe import Universe

_TEXT = """\
type List<T> = {var blocks : [var [var ?T]]; var blockIndex : Nat; var elementIndex : Nat};
type QueueNode<T> = {value : T; var next : ?QueueNode<T>; var previous : ?QueueNode<T>};
type Queue<T> = {var front : ?QueueNode<T>; var back : ?QueueNode<T>; var size : Nat};
type SetData<T> = {elements : [var ?T]; var count : Nat};
type SetNode<T> = {#leaf : {data : SetData<T>}; #internal : {data : SetData<T>; children : [var ?SetNode<T>]}};
type Set<T> = {var root : SetNode<T>; var size : Nat};
type MapData<K, V> = {kvs : [var ?(K, V)]; var count : Nat};
type MapNode<K, V> =
  {#leaf : {data : MapData<K, V>}; #internal : {data : MapData<K, V>; children : [var ?MapNode<K, V>]}};
type Map<K, V> = {var root : MapNode<K, V>; var size : Nat};
type PureList<T> = ?(T, PureList<T>);
type Stack<T> = {var top : PureList<T>; var size : Nat};
type MapTree<K, V> =
  {#red : (MapTree<K, V>, K, V, MapTree<K, V>); #black : (MapTree<K, V>, K, V, MapTree<K, V>); #leaf};
type PureMap<K, V> = {size : Nat; root : MapTree<K, V>};
type SetTree<T> = {#red : (SetTree<T>, T, SetTree<T>); #black : (SetTree<T>, T, SetTree<T>); #leaf};
type PureSet<T> = {size : Nat; root : SetTree<T>};
actor {};
"""


class Container(NamedTuple):
    """A container. module: as it is imported. path: of the package. name: of its type. keyed: entries have an order.

    maps: whether its module has a `map` that leaves keys alone. walk: what gives its entries. build: what makes one of
    an iterator.
    """

    module: str
    path: str
    name: str
    keyed: bool
    maps: bool
    walk: str = "values"
    build: str = "fromIter"


KNOWN = {
    "List": Container("List", "mo:core/List", "List", keyed=False, maps=True),
    "Queue": Container("Queue", "mo:core/Queue", "Queue", keyed=False, maps=True),
    "Stack": Container("Stack", "mo:core/Stack", "Stack", keyed=False, maps=True),
    "PureList": Container("PureList", "mo:core/pure/List", "List", keyed=False, maps=True),
    "Map": Container("Map", "mo:core/Map", "Map", keyed=True, maps=True, walk="entries"),
    "PureMap": Container("PureMap", "mo:core/pure/Map", "Map", keyed=True, maps=True, walk="entries"),
    "Set": Container("Set", "mo:core/Set", "Set", keyed=True, maps=False),
    "PureSet": Container("PureSet", "mo:core/pure/Set", "Set", keyed=True, maps=False),
}


class Found(NamedTuple):
    """A container as a type has it. arguments: nodes of its keys and values, or of its elements."""

    container: Container
    arguments: tuple[int, ...]


@cache
def containers() -> StableSignature:
    """Return the structures as a signature, to be joined into a universe."""
    return parse_stable(_TEXT, "mo:core")


class Containers:
    """The containers among the types of a universe, into which `containers()` was joined as the last signature."""

    def __init__(self, universe: Universe, relation: Relation) -> None:
        self.universe = universe
        self._relation = relation
        first = universe.binder_offsets[-1]
        definitions = containers().definitions
        self.binders = {d.name: first + number for number, d in enumerate(definitions) if d.name in KNOWN}
        self._known: dict[int, Found | None] = {}
        self._heads: dict[tuple[object, ...], list[str]] = {}
        for name, binder in self.binders.items():
            self._heads.setdefault(self._head(universe.bodies[binder]), []).append(name)

    def found(self, node: int) -> Found | None:
        """Return which container a type is, if any. Raises Undecided."""
        universe = self.universe
        node = universe.expand(node)
        if universe.kinds[node] not in (Kind.OBJECT, Kind.OPTION):
            return None
        key = universe.shape(node)
        if key not in self._known:
            self._known[key] = None
            self._known[key] = self._find(node)
        return self._known[key]

    def _head(self, node: int) -> tuple[object, ...]:
        return self.universe.kinds[node], self.universe.labels[node]

    def _find(self, node: int) -> Found | None:
        universe = self.universe
        for name in self._heads.get(self._head(node), ()):
            binder = self.binders[name]
            count = len(universe.parameters[binder])
            given = self._matched(universe.bodies[binder], node, binder)
            if len(given) < count:
                continue
            arguments = tuple(given[i] for i in range(count))
            made = universe.add(Kind.CON, (binder,), arguments)
            if self._relation.equal(node, made):  # what was matched is a guess until it is one
                return Found(KNOWN[name], arguments)
        return None

    def _matched(self, template: int, node: int, binder: int) -> dict[int, int]:
        """Return what the parameters of a template stand for in a type; some are missing where they differ."""
        universe = self.universe
        given: dict[int, int] = {}
        seen: set[tuple[int, int]] = set()
        todo = [(template, node)]
        while todo:
            mine, theirs = todo.pop()
            if universe.kinds[mine] == Kind.PARAM and universe.labels[mine][0] == binder:
                given.setdefault(universe.labels[mine][1], theirs)
                continue
            mine, theirs = universe.expand(mine), universe.expand(theirs)
            key = universe.shape(mine), universe.shape(theirs)
            if key in seen:
                continue
            seen.add(key)
            children = universe.children[mine], universe.children[theirs]
            if self._head(mine) != self._head(theirs) or len(children[0]) != len(children[1]):
                return {}
            todo += zip(*children, strict=True)
        return given


__all__ = ["KNOWN", "Container", "Containers", "Found", "Undecided", "containers"]
