"""What a method takes and gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from analyzer.candid.types import CandidInterface


class Method(NamedTuple):
    """Nodes of the arguments and of the results; mode: "" for an update, else `query`, `composite_query`, `oneway`."""

    arguments: tuple[int, ...]
    results: tuple[int, ...]
    mode: str


def method_of(interface: CandidInterface, name: str) -> Method | None:
    """Return a method of the main service; None where it has no such method."""
    table, heads = interface.table, interface.heads
    if interface.service < 0 or name not in table.labels[interface.service]:
        return None
    at = table.labels[interface.service].index(name)
    node = heads[table.children[interface.service][at]]
    mode, count = table.labels[node]
    return Method(table.children[node][:count], table.children[node][count:], mode)
