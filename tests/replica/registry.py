"""The Context Registry in a network, called with values as text."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from analyzer.candid.methods import method_of
from analyzer.candid.parse import parse_candid
from analyzer.candid.values import decode, encode
from analyzer.candid.values.parse import parse_values
from tests.canister.build import NAME, REGISTRY

if TYPE_CHECKING:
    from analyzer.candid.types import CandidInterface
    from replica.api import Replica

LISTINGS = (
    "listSeasons", "listNameRecords", "listFileReferences", "listUserProfiles", "listMetadata", "listDocuments",
    "listRoles", "recentEvents",
)  # fmt: skip
FIRST = "v01_first"
# What fills every collection, through the calls that users make.
FILLED = [
    ("setMetadata", '("site", "registry")'),
    ("createSeason", '("Spring", 1 : int)'),
    ("createSeason", '("Summer \\u{2600}", -7 : int)'),
    ("setSeasonStatus", "(1 : nat, variant { active })"),
    ("registerName", '("ada", "aaaaa-aa.example")'),
    ("addFileReference", '(record { hash = blob "\\00\\ff"; mimeType = "text/plain"; path = "a/b.md"; size = 12345678901234567890 : nat })'),
    ("putDocument", '("Title", "# Body\\n")'),
    ("setProfile", '("Ada", opt "writes")'),
    ("grantRole", '(principal "aaaaa-aa", variant { editor })'),
]  # fmt: skip


def module(version: str) -> bytes:
    return (REGISTRY / version / f"{NAME}.wasm.gz").read_bytes()


@cache
def interface(version: str) -> CandidInterface:
    return parse_candid((REGISTRY / version / f"{NAME}.did").read_text("utf-8"), version)


def call(ic: Replica, canister: str, version: str, method: str, arg: str = "()") -> list[Any]:
    """Call a method as a client of a version does."""
    known = interface(version)
    found = method_of(known, method)
    assert found is not None, method
    data = encode(known, found.arguments, parse_values(arg, known, found.arguments))
    is_query = ic.methods(canister)[method] == "query"
    reply = (ic.query if is_query else ic.update)(canister, method, data)
    return decode(reply, known, found.results)


def fill(ic: Replica, canister: str) -> None:
    for method, arg in FILLED:
        (said,) = call(ic, canister, FIRST, method, arg)
        assert said.label == "ok", (method, said)


def records(ic: Replica, canister: str, version: str = FIRST) -> dict[str, list[Any]]:
    """Return all that is listed, as a client of a version reads it."""
    return {method: call(ic, canister, version, method)[0] for method in LISTINGS}
