"""Values to bytes. Candid spec, "Serialisation"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analyzer.candid.types import Kind
from analyzer.candid.values.errors import EncodeError
from analyzer.candid.values.leb128 import signed, unsigned
from analyzer.candid.values.wire import MAGIC, MODES, OPCODES
from analyzer.candid.values.write import Writers
from analyzer.structure import Structure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.candid.types import CandidInterface
    from analyzer.candid.values.model import Value


def encode(interface: CandidInterface, types: Sequence[int], values: Sequence[Value]) -> bytes:
    """Return the message of some values at their types.

    Fields of null, opt and reserved types may be left out of records. Each type is in the table once, however often and
    under whatever names it stands in the interface. Raises EncodeError.
    """
    if len(types) != len(values):
        msg = f"{len(values)} values for {len(types)} types"
        raise EncodeError(msg)
    writers = Writers(interface)
    for position, (node, value) in enumerate(zip(types, values, strict=True)):
        try:
            writers.write(node, value)
        except EncodeError as error:
            error.path.append(f"value {position}")
            raise
    return type_head(interface, types) + writers.out


def type_head(interface: CandidInterface, types: Sequence[int]) -> bytes:
    """Return everything in front of the values: magic, type table, types of the values."""
    heads, table = interface.heads, interface.table

    def form(node: int) -> tuple[Any, tuple[int, ...]]:
        return (table.kinds[node], table.labels[node]), tuple([heads[c] for c in table.children[node]])

    roots = [heads[node] for node in types]
    classes = Structure(roots, form).classes
    entries: dict[int, int] = {}  # of each class of equal types that is no primitive: its place in the table
    order: list[int] = []
    todo = roots[::-1]
    while todo:
        node = todo.pop()
        if table.kinds[node] > Kind.PRINCIPAL and classes[node] not in entries:
            entries[classes[node]] = len(order)
            order.append(node)
            todo += [heads[c] for c in reversed(table.children[node])]

    def reference(node: int) -> bytes:
        kind = table.kinds[heads[node]]
        return signed(OPCODES[kind] if kind <= Kind.PRINCIPAL else entries[classes[heads[node]]])

    def listed(parts: list[bytes]) -> bytes:
        return unsigned(len(parts)) + b"".join(parts)

    def entry(node: int) -> bytes:
        kind, labels = table.kinds[node], table.labels[node]
        children = [reference(c) for c in table.children[node]]
        if kind in (Kind.RECORD, Kind.VARIANT):
            content = listed([unsigned(label) + child for label, child in zip(labels, children, strict=True)])
        elif kind == Kind.SERVICE:
            names = [label.encode() for label in labels]
            content = listed([unsigned(len(n)) + n + child for n, child in zip(names, children, strict=True)])
        elif kind == Kind.FUNC:
            mode, count = labels
            modes = [bytes([MODES[mode]])] if mode else []
            content = listed(children[:count]) + listed(children[count:]) + listed(modes)
        elif kind == Kind.FUTURE:
            msg = "a type of a later version of Candid cannot be written"
            raise EncodeError(msg)
        else:
            content = children[0]
        return signed(OPCODES[kind]) + content

    return MAGIC + listed([entry(node) for node in order]) + listed([reference(node) for node in types])
