"""What a network is made of <-> plain data for CBOR.

Objects are arrays behind the name of their type; which types there may be is listed, so that a file can make nothing
else. Long bytes, memories and modules are kept apart and only named (`replica.state.blocks`).
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from replica import calls
from replica.canister import State
from replica.errors import Reject
from replica.execution.message import OutCall
from replica.ingress import Request
from replica.management.history import Change
from replica.management.settings import Settings, Visibility
from replica.management.snapshots import Snapshot
from replica.memory.copied import CopiedImage
from replica.memory.mapped import MappedImage
from replica.memory.stable import StableMemory
from replica.module.prepare import Prepared
from replica.state.log import StateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replica.memory.image import Image

Plain: TypeAlias = "bool | int | float | str | bytes | list[Plain] | None"

LONG = 4096  # bytes from which on they are kept apart
_TYPES: dict[str, type[Any]] = {
    one.__name__: one
    for one in (
        calls.Begin,
        calls.Context,
        calls.Hear,
        calls.Ingress,
        calls.Outgoing,
        calls.Sent,
        calls.Stop,
        Change,
        OutCall,
        Request,
        Settings,
        Snapshot,
        State,
        Visibility,
    )
}
_LIST, _TUPLE, _DICT, _SET, _BLOB, _GROWING, _MEMORY, _STABLE, _MODULE, _REJECT = "[({<bgmsw!"
_DEEP = 32


class Apart(Protocol):
    """Where long bytes, memories and modules are kept."""

    def keep_bytes(self, data: bytes) -> bytes:
        """Return the name of bytes."""

    def keep_memory(self, memory: Image) -> int:
        """Return the number of a memory."""

    def keep_module(self, module: Prepared) -> bytes:
        """Return the hash of a module."""

    def long(self, name: bytes) -> bytes:
        """Return bytes. Raises StateError: there are none."""

    def memory(self, number: int) -> Image:
        """Return a memory. Raises StateError: there is none."""

    def module(self, name: bytes) -> Prepared:
        """Return a module. Raises StateError: there is none."""


def to_plain(value: object, apart: Apart) -> Plain:
    """Return a value as plain data."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytearray():  # an upload that goes on: it is written again with each piece
            return [_GROWING, apart.keep_bytes(bytes(value))]
        case bytes():
            return [_BLOB, apart.keep_bytes(value)] if len(value) >= LONG else value
        case MappedImage() | CopiedImage():
            return [_MEMORY, apart.keep_memory(value)]
        case StableMemory():
            return [_STABLE, apart.keep_memory(value.image)]
        case Prepared():
            return [_MODULE, apart.keep_module(value)]
        case Reject():
            return [_REJECT, value.code, value.error_code, value.message]
        case dict():
            return [_DICT, *(to_plain(one, apart) for pair in value.items() for one in pair)]
        case set() | frozenset():
            return [_SET, *(to_plain(one, apart) for one in sorted(value))]
    name = type(value).__name__
    if _TYPES.get(name) is type(value):
        return [name, *(to_plain(one, apart) for one in _fields(value))]
    if type(value) is list:
        return [_LIST, *(to_plain(one, apart) for one in value)]
    if type(value) is tuple:
        return [_TUPLE, *(to_plain(one, apart) for one in value)]
    msg = f"a {type(value).__name__} is not part of a network's state"
    raise TypeError(msg)


def _fields(value: object) -> Sequence[object]:
    if isinstance(value, tuple):
        return value
    return [getattr(value, field.name) for field in dataclasses.fields(value)]  # type: ignore[arg-type]


def from_plain(plain: Any, apart: Apart, depth: int = 0) -> Any:  # noqa: ANN401 - of many types
    """Return the value that plain data stand for. Raises StateError: they stand for none."""
    if not isinstance(plain, list):
        return plain
    if not plain or not isinstance(plain[0], str) or depth > _DEEP:
        msg = "the state holds something that is no part of a network"
        raise StateError(msg)
    name, *parts = plain
    try:
        match name, parts:
            case "b", [key]:
                return apart.long(key)
            case "g", [key]:
                return bytearray(apart.long(key))
            case "m", [number]:
                return apart.memory(number)
            case "s", [number]:
                return StableMemory(apart.memory(number))
            case "w", [key]:
                return apart.module(key)
            case "!", [code, error_code, message]:
                return Reject(code, error_code, message)
        values = [from_plain(one, apart, depth + 1) for one in parts]
        match name:
            case "[":
                return values
            case "(":
                return tuple(values)
            case "<":
                return set(values)
            case "{":
                return dict(zip(values[::2], values[1::2], strict=True))
        return _TYPES[name](*values)
    except (KeyError, TypeError, ValueError) as error:
        msg = f"the state holds a {name} that is none: {error}"
        raise StateError(msg) from None
