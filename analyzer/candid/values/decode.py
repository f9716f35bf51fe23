"""Bytes to values: at expected types, or at those that the message itself names."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.candid.print import type_text
from analyzer.candid.types import OMITTABLE, Kind
from analyzer.candid.values.errors import DecodeError
from analyzer.candid.values.model import RESERVED
from analyzer.candid.values.plan import AS_IS
from analyzer.candid.values.read import Readers
from analyzer.candid.values.wire import read_types

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.candid.types import CandidInterface
    from analyzer.candid.values.model import Value


class Untyped(NamedTuple):
    """A message as it says itself: the types in it, the nodes of its values' types, and the values.

    Labels are ids: names do not travel. A value of a type that only later versions of Candid know is RESERVED.
    """

    interface: CandidInterface
    types: list[int]
    values: list[Value]


def decode(data: bytes, interface: CandidInterface, types: Sequence[int]) -> list[Value]:
    """Return a message's values at the given types: Candid spec, "Deserialisation" and "Coercion".

    What the message has beyond them is checked and dropped; what it lacks is null where the type allows it. A value
    under `opt` that does not fit is null. Raises DecodeError, and nothing else whatever the bytes are.
    """
    wire = read_types(data)
    readers = Readers(data, wire, interface)
    values: list[Value] = []
    at = wire.at
    for position, node in enumerate(types):
        goal = interface.heads[node]
        if position < len(wire.arguments):
            value, at = readers.read((wire.arguments[position], goal), at)
        else:
            kind = interface.table.kinds[goal]
            if kind not in OMITTABLE:
                expected = f"{position + 1} or more values, the last of type {type_text(interface, node, 60)}"
                raise DecodeError(at, f"{len(wire.arguments)}", expected)
            value = RESERVED if kind == Kind.RESERVED else None
        values.append(value)
    for node in wire.arguments[len(types) :]:
        _, at = readers.read((node, AS_IS), at)
    _check_end(data, at)
    return values


def decode_untyped(data: bytes) -> Untyped:
    """Return a message's values at its own types. Raises DecodeError."""
    wire = read_types(data)
    readers = Readers(data, wire, None)
    values: list[Value] = []
    at = wire.at
    for node in wire.arguments:
        value, at = readers.read((node, AS_IS), at)
        values.append(value)
    _check_end(data, at)
    return Untyped(wire.interface, wire.arguments, values)


def _check_end(data: bytes, at: int) -> None:
    if at != len(data):
        raise DecodeError(at, f"{len(data) - at:,} more bytes", "the end of the message")
