"""Arguments and replies of the management canister in Candid, by the names of its methods."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.candid.methods import method_of
from analyzer.candid.parse import parse_candid
from analyzer.candid.values import DecodeError, decode, encode
from replica.errors import CANISTER_REJECT, Reject

if TYPE_CHECKING:
    from analyzer.candid.methods import Method
    from analyzer.candid.types import CandidInterface


@cache
def _interface() -> CandidInterface:
    return parse_candid(Path(__file__).with_name("management.did").read_text("utf-8"), "management.did")


@cache
def _method(name: str) -> Method | None:
    return method_of(_interface(), name)


def is_method(name: str) -> bool:
    """Tell whether there is such a method."""
    return _method(name) is not None


def read(name: str, arg: bytes) -> dict[str, Any]:
    """Return the argument of a call, empty where the method takes none. Raises Reject (IC0408): it is another."""
    known = _method(name)
    assert known is not None, name  # noqa: S101 - asked before
    try:
        values = decode(arg, _interface(), known.arguments)
    except DecodeError as error:
        msg = f"Error decoding candid: {error}"
        raise Reject(CANISTER_REJECT, "IC0408", msg) from None
    found: Any = values[0] if values else {}
    return dict(found)


def write(name: str, *values: Any) -> bytes:  # noqa: ANN401 - of the method's types
    """Return the reply of a call."""
    known = _method(name)
    assert known is not None, name  # noqa: S101 - see above
    return encode(_interface(), known.results, values)
