"""How fast values are written and read."""

from __future__ import annotations

import random
import statistics
import time
from typing import TYPE_CHECKING

from analyzer.candid.methods import method_of
from analyzer.candid.parse import parse_candid
from analyzer.candid.principal import Principal
from analyzer.candid.values import Case, Some, Value, decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DID = """
type List = opt record { nat; List };
service : {
  bytes : (blob) -> ();
  plain : (vec record { id : nat; name : text; balance : nat64; active : bool }) -> ();
  rich : (vec record { id : nat; owner : principal; note : opt text; kind : variant { a; b : nat } }) -> ();
  numbers : (vec nat64) -> ();
  list : (List) -> ();
}
"""
RECORDS = 100_000
MEGABYTES = 50
NODES = 20_000
RUNS = 5


def _plain(i: int) -> Value:
    return {"id": i * 7919, "name": f"name {i}", "balance": i * 10**9, "active": i % 2 == 0}


def _rich(i: int) -> Value:
    note = Some(f"name {i}") if i % 3 else None
    return {"id": i, "owner": Principal(bytes(10)), "note": note, "kind": Case("b", i) if i % 2 else Case("a")}


def _list() -> Value:
    value: Value = None
    for i in range(NODES):
        value = Some({0: i, 1: value})
    return value


CASES: dict[str, tuple[Callable[[], Value], int, str]] = {
    "bytes": (lambda: random.Random(1).randbytes(MEGABYTES * 1_000_000), MEGABYTES, "MB"),
    "plain": (lambda: [_plain(i) for i in range(RECORDS)], RECORDS, "records of four fields"),
    "rich": (lambda: [_rich(i) for i in range(RECORDS)], RECORDS, "records with principal, opt and variant"),
    "numbers": (lambda: list(range(10 * RECORDS)), 10 * RECORDS, "nat64"),
    "list": (_list, NODES, "nodes of a linked list"),
}


def lines() -> Iterator[str]:
    """Yield a line for each sort of value: how many a second are written and read (medians)."""
    interface = parse_candid(DID)
    for name, (make, count, unit) in CASES.items():
        method = method_of(interface, name)
        assert method is not None
        types, value = method.arguments, make()
        message = encode(interface, types, [value])
        written = statistics.median(_seconds(lambda: encode(interface, types, [value])) for _ in range(RUNS))  # noqa: B023
        read = statistics.median(_seconds(lambda: decode(message, interface, types)) for _ in range(RUNS))  # noqa: B023
        yield f"  {unit:<40} written {count / written:12,.0f}/s   read {count / read:12,.0f}/s"


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started
