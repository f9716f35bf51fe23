"""Values of Candid as JSON, with nothing lost where the type is known, and back.

Numbers beyond 2^53 and floats that JSON has no word for are texts, principals are texts, bytes are hex, `opt` is a list
of none or one, a variant is a table of one case.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

from analyzer.candid.values import RESERVED, Case, FuncRef, Principal, Reserved, ServiceRef, Some

if TYPE_CHECKING:
    from analyzer.candid.values import Value

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

_EXACT = 1 << 53


def plainly(value: Value) -> Json:
    """Return a value as JSON."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if abs(value) < _EXACT else str(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case bytes():
            return value.hex()
        case Principal():
            return str(value)
        case Some():
            return [plainly(value.value)]
        case Case():
            return {str(value.label): plainly(value.value)}
        case FuncRef():
            return {"canister": str(value.principal), "method": value.method}
        case ServiceRef():
            return {"canister": str(value.principal)}
        case Reserved():
            return None
        case list():
            return [plainly(one) for one in value]
        case dict():
            return {str(key): plainly(one) for key, one in value.items()}
    msg = f"a {type(value).__name__} is no value of Candid"
    raise TypeError(msg)


def count(value: Value) -> int | None:
    """Return how many entries a listing has, also within `opt` or the case of a variant; None where it is none."""
    while isinstance(value, (Some, Case)):
        value = value.value
    return len(value) if isinstance(value, list) else None


__all__ = ["RESERVED", "Any", "Json", "count", "plainly"]
