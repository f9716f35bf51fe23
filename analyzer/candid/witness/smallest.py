"""The smallest value of each type, and which types have none."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from analyzer.candid.principal import Principal
from analyzer.candid.types import Kind
from analyzer.candid.values.model import RESERVED, Case, FuncRef, ServiceRef, Value

if TYPE_CHECKING:
    from analyzer.candid.types import CandidInterface

MAX_SIZE = 2000  # parts of a value that is still shown
_ANYONE = Principal(b"")

_VALUES: dict[int, Value] = {
    Kind.BOOL: False,
    Kind.FLOAT32: 0.0,
    Kind.FLOAT64: 0.0,
    Kind.TEXT: "",
    Kind.RESERVED: RESERVED,
    Kind.NULL: None,
    Kind.PRINCIPAL: _ANYONE,
    Kind.OPT: None,
    Kind.SERVICE: ServiceRef(_ANYONE),
    Kind.FUNC: FuncRef(_ANYONE, "m"),
}


class Smallest:
    """Sizes and values for all types of an interface. A size is the number of parts that a value has.

    Knuth's form of Dijkstra's algorithm: the next smallest size is final, and a record's is known once all of its
    fields are, a variant's once one of its cases is. What is never reached has no value.
    """

    def __init__(self, interface: CandidInterface) -> None:
        self.interface = interface
        self.sizes: dict[int, int] = {}
        self._values: dict[int, Value] = {}
        table, heads = interface.table, interface.heads
        kinds = table.kinds
        users: dict[int, list[int]] = {}
        left: dict[int, int] = {}
        queue: list[tuple[int, int]] = []
        for node, kind in enumerate(kinds):
            fields = [heads[c] for c in table.children[node]] if kind in (Kind.RECORD, Kind.VARIANT) else []
            for field in fields:
                users.setdefault(field, []).append(node)
            left[node] = len(fields)
            if not fields and kind not in (Kind.EMPTY, Kind.VARIANT, Kind.NAME, Kind.FUTURE):
                queue.append((1, node))
        heapq.heapify(queue)
        while queue:
            size, node = heapq.heappop(queue)
            if node in self.sizes:
                continue
            self.sizes[node] = size
            for user in users.get(node, ()):
                left[user] -= 1
                if kinds[user] == Kind.VARIANT:
                    heapq.heappush(queue, (size + 1, user))
                elif not left[user]:
                    total = 1 + sum(self.sizes[heads[c]] for c in table.children[user])
                    heapq.heappush(queue, (total, user))

    def size(self, node: int) -> int | None:
        """Return the size of the smallest value, None where there is none."""
        return self.sizes.get(self.interface.heads[node])

    def value(self, node: int) -> Value:
        """Return the smallest value; the caller has asked for its size, which is at most MAX_SIZE."""
        table, heads = self.interface.table, self.interface.heads
        todo = [heads[node]]
        while todo:
            at = todo[-1]
            kind, children = table.kinds[at], [heads[c] for c in table.children[at]]
            if kind == Kind.VARIANT:
                children = [min((c for c in children if c in self.sizes), key=self.sizes.__getitem__)]
            elif kind != Kind.RECORD:
                children = []
            missing = [c for c in children if c not in self._values]
            if missing:
                todo += missing
                continue
            todo.pop()
            self._values[at] = self._made(at, children)
        return self._values[heads[node]]

    def _made(self, node: int, children: list[int]) -> Value:
        table, heads = self.interface.table, self.interface.heads
        kind = table.kinds[node]
        keys = keys_of(self.interface, node) if kind in (Kind.RECORD, Kind.VARIANT) else []
        if kind == Kind.RECORD:
            return {key: self._values[child] for key, child in zip(keys, children, strict=True)}
        if kind == Kind.VARIANT:
            index = [heads[c] for c in table.children[node]].index(children[0])
            return Case(keys[index], self._values[children[0]])
        if kind == Kind.VEC:
            return b"" if table.kinds[heads[table.children[node][0]]] == Kind.NAT8 else []
        return _VALUES.get(kind, 0)


def keys_of(interface: CandidInterface, node: int) -> list[str | int]:
    """Return how the fields of a record or the cases of a variant are called in values."""
    table = interface.table
    return [label if name is None else name for label, name in zip(table.labels[node], table.names[node], strict=True)]
