"""Named tuples <-> JSON, strictly: every field is there, nothing else is, and each value has its type.

There is one text for each value, so that equal plans are equal bytes and have one SHA-256.
"""

from __future__ import annotations

import json
import types
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
_MOST = 1 << 64  # what numbers are below: cycles of 128 bits are written as text


class Malformed(Exception):
    """JSON that is not what it should be; says where."""


def canonical(value: Any) -> bytes:  # noqa: ANN401 - any JSON
    """Return JSON as the one text that stands for it: ASCII, sorted, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def parsed(data: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Return canonical JSON as values. Raises Malformed: it is none, or not the one text for what it says."""
    try:
        value = json.loads(data)
        again = canonical(value)
    except (ValueError, RecursionError) as error:
        msg = f"this is not JSON: {error}"
        raise Malformed(msg) from None
    if again != data:
        msg = "this is JSON, and not in the one form that is signed"
        raise Malformed(msg)
    return value


def to_json(value: Any) -> Any:  # noqa: ANN401 - a named tuple of plain values
    """Return a named tuple as JSON values."""
    if hasattr(value, "_fields"):
        return {name: to_json(getattr(value, name)) for name in value._fields}
    if isinstance(value, (tuple, list)):
        return [to_json(one) for one in value]
    if isinstance(value, dict):
        return {key: to_json(one) for key, one in value.items()}
    return value


def from_json(kind: type[T], value: Any, where: str) -> T:  # noqa: ANN401 - any JSON
    """Return JSON values as what they stand for. where: what they are called in errors. Raises Malformed."""
    found: T = _read(kind, value, where)
    return found


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401 - one branch a form
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        if not isinstance(value, str) or value not in arguments:
            raise _wrong(where, f"one of {', '.join(arguments)}")
        return value
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        return _read(next(one for one in arguments if one is not type(None)), value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise _wrong(where, "a list")
        return tuple(_read(arguments[0], one, f"{where}[{number}]") for number, one in enumerate(value))
    if origin is dict:
        if not isinstance(value, dict):
            raise _wrong(where, "a table")
        return {key: _read(arguments[1], one, f"{where}.{key[:40]}") for key, one in value.items()}
    if hasattr(kind, "_fields"):
        hints = _hints(kind)
        if not isinstance(value, dict) or set(value) != set(hints):
            raise _wrong(where, f"a table of {', '.join(hints)}")
        return kind(**{name: _read(hint, value[name], f"{where}.{name}") for name, hint in hints.items()})
    if kind is int and type(value) is int and 0 <= value < _MOST:
        return value
    if kind in (str, bool) and type(value) is kind:
        return value
    raise _wrong(where, {int: "a natural number", str: "a text", bool: "true or false"}.get(kind, "something else"))


def _wrong(where: str, expected: str) -> Malformed:
    return Malformed(f"`{where}` is not {expected}")
