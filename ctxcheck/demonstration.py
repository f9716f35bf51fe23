"""The example canister on an embedded network: installed, filled through its calls, asked for all it has."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fixtures
from analyzer.candid.methods import method_of
from analyzer.candid.parse import parse_candid
from analyzer.candid.values import DecodeError, decode, encode
from analyzer.candid.values.parse import parse_values
from replica import Reject

if TYPE_CHECKING:
    from analyzer.candid.types import CandidInterface
    from replica import Replica

FOLDER = Path(fixtures.__path__[0]) / "context_registry"
FIRST = "v01_first"
_NAME = "context_registry"
_CALLS = tomllib.loads((FOLDER / "calls.toml").read_text("utf-8"))
LISTINGS: tuple[str, ...] = tuple(_CALLS["listings"])


def module(version: str) -> bytes:
    """Return the compiled module of a version."""
    return (FOLDER / version / f"{_NAME}.wasm.gz").read_bytes()


@cache
def interface(version: str) -> CandidInterface:
    """Return what clients of a version know."""
    return parse_candid((FOLDER / version / f"{_NAME}.did").read_text("utf-8"), version)


def call(ic: Replica, canister: str, version: str, method: str, arg: str = "()") -> list[Any]:
    """Call a method as a client of a version does, and return the results. Raises Reject, DecodeError."""
    known = interface(version)
    found = method_of(known, method)
    assert found is not None, method  # noqa: S101 - ours
    data = encode(known, found.arguments, parse_values(arg, known, found.arguments))
    ask = ic.query if found.mode == "query" else ic.update
    return decode(ask(canister, method, data), known, found.results)


def fill(ic: Replica, canister: str) -> int:
    """Put something into every collection; return how many calls did it."""
    for method, arg in _CALLS["fill"]:
        (said,) = call(ic, canister, FIRST, method, arg)
        assert said.label == "ok", (method, said)  # noqa: S101 - ours
    return len(_CALLS["fill"])


def records(ic: Replica, canister: str, version: str = FIRST) -> dict[str, list[Any] | str]:
    """Return all that is listed, as a client of a version reads it; words where it cannot."""
    found: dict[str, list[Any] | str] = {}
    for method in LISTINGS:
        try:
            (found[method],) = call(ic, canister, version, method)
        except Reject as error:
            found[method] = f"is rejected: {error.message}"
        except DecodeError:
            found[method] = "cannot be read by old clients"
    return found
