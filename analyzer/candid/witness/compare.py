"""What became of a value on the way from its writer to its reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analyzer.candid.types import Kind
from analyzer.candid.values.model import Some
from analyzer.candid.witness.search import Loss
from analyzer.candid.witness.smallest import keys_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.candid.types import CandidInterface
    from analyzer.candid.values.model import Value

_Item = tuple[int, Any, int, Any]  # written type and value, read type and value


def loss_between(
    writer: CandidInterface,
    written: Sequence[int],
    values: Sequence[Value],
    reader: CandidInterface,
    read: Sequence[int],
    got: Sequence[Value],
) -> Loss | None:
    """Return the worst that happened to some values that were read without an error."""
    dropped = len(written) > len(read)
    todo: list[_Item] = list(zip(written, values, read, got, strict=False))
    while todo:
        a, value, b, other = todo.pop()
        a, b = writer.heads[a], reader.heads[b]
        kw, kr = writer.table.kinds[a], reader.table.kinds[b]
        if kr == Kind.RESERVED:
            dropped = dropped or kw not in (Kind.RESERVED, Kind.NULL)
        elif kr == Kind.OPT:
            inner = reader.table.children[b][0]
            if kw == Kind.OPT and isinstance(value, Some) and isinstance(other, Some):
                todo.append((writer.table.children[a][0], value.value, inner, other.value))
            elif isinstance(other, Some):
                todo.append((a, value, inner, other.value))
            elif isinstance(value, Some) or kw not in (Kind.OPT, Kind.NULL, Kind.RESERVED):
                return Loss.NULLED
        elif kw == Kind.VEC and isinstance(value, list):
            element = writer.table.children[a][0], reader.table.children[b][0]
            todo += [(element[0], x, element[1], y) for x, y in zip(value, other, strict=True)]
        elif kw == Kind.RECORD:
            parts, gone = _fields(writer, a, value, reader, b, other)
            todo += parts
            dropped = dropped or gone
        elif kw == Kind.VARIANT:
            index = keys_of(writer, a).index(value.label)
            label = writer.table.labels[a][index]
            goal = reader.table.children[b][reader.table.labels[b].index(label)]
            todo.append((writer.table.children[a][index], value.value, goal, other.value))
    return Loss.DROPPED if dropped else None


def _fields(
    writer: CandidInterface,
    a: int,
    value: dict[str | int, Any],
    reader: CandidInterface,
    b: int,
    other: dict[str | int, Any],
) -> tuple[list[_Item], bool]:
    """Return the fields that both have, and whether one was dropped."""
    known = {
        label: (key, child)
        for label, key, child in zip(reader.table.labels[b], keys_of(reader, b), reader.table.children[b], strict=True)
    }
    parts: list[_Item] = []
    gone = False
    for label, key, child in zip(writer.table.labels[a], keys_of(writer, a), writer.table.children[a], strict=True):
        if label in known:
            parts.append((child, value[key], known[label][1], other[known[label][0]]))
        else:
            gone = True
    return parts, gone
