"""Which definitions mean something: productive (M0157) and not expansive (M0156), as moc requires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.graph import components
from analyzer.motoko.types import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.motoko.types import StableSignature

_NONPRODUCTIVE, _PRODUCTIVE = -2, -1  # else: the index of the parameter that the definition unfolds to


def check_productive(signature: StableSignature) -> None:
    """Raise ParseError for the first definition that unfolds to itself and nothing else."""
    meanings = _meanings(signature)
    for i, definition in enumerate(signature.definitions):
        if meanings[i] == _NONPRODUCTIVE:
            what = f'the type "{definition.name}" is defined as itself'
            signature.sources.fail(definition.span[0], what, "M0157")


def check_expansive(signature: StableSignature) -> None:
    """Raise ParseError for the first definition whose unfolding leads to ever larger types."""
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

    Vertices are the parameters and the nodes. A parameter leads to where it stands, a node to what is around it and,
    as an argument, to the parameter that it is given to; only a node that is larger than a parameter makes that last
    step one that grows. (Kennedy and Pierce draw edges between parameters; these paths are their edges.)
    """
    count = len(signature.definitions)
    if not any(binder.names for binder in signature.binders[:count]):
        return set()
    first = [0]
    for binder in signature.binders[:count]:
        first.append(first[-1] + len(binder.names))
    graph: dict[int, list[int]] = {parameter: [] for parameter in range(first[-1])}
    growing: list[tuple[int, int, int]] = []  # node, the parameter that it is given to, the definition that does it
    for number, definition in enumerate(signature.definitions):
        for root in (*signature.binders[number].bounds, definition.node):
            for child, around, target in _steps(signature, root, first):
                if around < 0:
                    graph[target].append(first[-1] + child)
                    continue
                ways = graph.setdefault(first[-1] + child, [])
                ways.append(first[-1] + around)
                if target >= 0:
                    ways.append(target)
                    if signature.table.kinds[child] != Kind.PARAM:
                        growing.append((first[-1] + child, target, number))
    for ways in list(graph.values()):
        for way in ways:
            graph.setdefault(way, [])
    component = components({vertex: tuple(ways) for vertex, ways in graph.items()})
    return {number for node, target, number in growing if component[node] == component[target]}


def _steps(signature: StableSignature, root: int, first: list[int]) -> Iterator[tuple[int, int, int]]:
    """Yield each node below a root, what is around it, and the parameter that it is given to, -1 where there is none.

    A use of a definition's parameter is yielded with -1 around it, and that parameter.
    """
    table, count = signature.table, len(signature.definitions)
    todo = [root]
    while todo:
        node = todo.pop()
        kind, labels, children = table.kinds[node], table.labels[node], table.children[node]
        if kind == Kind.PARAM and labels[0] < count:
            yield node, -1, first[labels[0]] + labels[1]
        elif kind == Kind.CON and labels[0] < count:
            for i, child in enumerate(children):
                yield child, node, first[labels[0]] + i
            todo += children
        elif kind != Kind.TYPE:  # a type field cannot mention the parameters around it
            inside = [*children]
            if kind == Kind.FUNC and labels[2] >= 0:
                inside += signature.binders[labels[2]].bounds
            for child in inside:
                yield child, node, -1
            todo += inside
