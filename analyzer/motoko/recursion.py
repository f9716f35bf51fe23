"""Which definitions mean something: productive (M0157) and not expansive (M0156), as moc requires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.graph import components
from analyzer.motoko.types import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.motoko.types import StableSignature
    from analyzer.table import TypeTable

_NONPRODUCTIVE, _PRODUCTIVE = -2, -1  # else: the index of the parameter that the definition unfolds to


def check_recursion(signature: StableSignature) -> None:
    """Raise ParseError for the first definition whose unfolding never ends."""
    meanings = _meanings(signature)
    for i, definition in enumerate(signature.definitions):
        if meanings[i] == _NONPRODUCTIVE:
            what = f'the type "{definition.name}" is defined as itself'
            signature.sources.fail(definition.span[0], what, "M0157")
    expansive = _expansive(signature)
    for i, definition in enumerate(signature.definitions):
        if i in expansive:
            why = "a parameter comes back inside a larger type"
            what = f'the type "{definition.name}" grows each time it is unfolded: {why}'
            signature.sources.fail(definition.span[0], what, "M0156")


def _meanings(signature: StableSignature) -> list[int]:
    """Return what each definition unfolds to first."""
    table, definitions = signature.table, signature.definitions
    meanings: dict[int, int] = {}
    for start in range(len(definitions)):
        # A chain of frames: (definition, node that it now stands for).
        stack = [(start, definitions[start].node)]
        under_way = {start}
        while stack:
            number, node = stack[-1]
            if number in meanings:
                stack.pop()
                continue
            kind = table.kinds[node]
            if kind == Kind.PARAM:
                meanings[number] = table.labels[node][1]
            elif kind != Kind.CON:
                meanings[number] = _PRODUCTIVE
            else:
                target = table.labels[node][0]
                known = meanings.get(target)
                if known is None and target in under_way:
                    # A chain of bare references that comes back to itself.
                    meanings[number] = _NONPRODUCTIVE
                elif known is None:
                    under_way.add(target)
                    stack.append((target, definitions[target].node))
                    continue
                elif known >= 0:
                    stack[-1] = (number, table.children[node][known])
                    continue
                else:
                    meanings[number] = known
            stack.pop()
            under_way.discard(number)
    return [meanings[i] for i in range(len(definitions))]


def _expansive(signature: StableSignature) -> set[int]:
    """Return definitions with a parameter on a cycle that makes it larger (Kennedy and Pierce, FOOL 2007).

    Vertices are parameters (definition, index). An edge says that a parameter is handed on: as it is, or (expansive)
    as part of a larger type.
    """
    if not any(binder.names for binder in signature.binders[: len(signature.definitions)]):
        return set()
    edges: dict[tuple[int, int], set[tuple[int, int]]] = {}
    growing: list[tuple[tuple[int, int], tuple[int, int]]] = []
    for number, definition in enumerate(signature.definitions):
        binder = signature.binders[number]
        for i in range(len(binder.names)):
            edges.setdefault((number, i), set())
        for root in (*binder.bounds, definition.node):
            for source, target, larger in _handed_on(signature.table, root, number, len(signature.definitions)):
                edges.setdefault(source, set()).add(target)
                edges.setdefault(target, set())
                if larger:
                    growing.append((source, target))
    numbers = {vertex: i for i, vertex in enumerate(edges)}
    component = components({numbers[v]: tuple(numbers[w] for w in ways) for v, ways in edges.items()})
    return {source[0] for source, target in growing if component[numbers[source]] == component[numbers[target]]}


def _handed_on(
    table: TypeTable, root: int, number: int, count: int
) -> Iterator[tuple[tuple[int, int], tuple[int, int], bool]]:
    nothing: frozenset[tuple[int, int]] = frozenset()
    # larger: parameters that the node is inside of; same: the one that it is.
    todo: list[tuple[int, frozenset[tuple[int, int]], frozenset[tuple[int, int]]]] = [(root, nothing, nothing)]
    while todo:
        node, larger, same = todo.pop()
        kind = table.kinds[node]
        if kind == Kind.PARAM:
            if table.labels[node][0] == number:
                source = (number, table.labels[node][1])
                for target in larger:
                    yield source, target, True
                for target in same:
                    yield source, target, False
        elif kind == Kind.CON and table.labels[node][0] < count:
            inside = larger | same
            for i, child in enumerate(table.children[node]):
                todo.append((child, inside, frozenset(((table.labels[node][0], i),))))
        elif kind != Kind.TYPE:  # a type field cannot mention the parameters around it
            inside = larger | same
            todo += [(child, inside, nothing) for child in table.children[node]]
