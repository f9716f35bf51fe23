"""Whether what a canister listed before is still in what it lists now."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from analyzer.candid.methods import method_of
from analyzer.candid.parse import parse_candid
from analyzer.candid.values import DecodeError, decode, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.candid.types import CandidInterface
    from analyzer.candid.values import Value


class Kept(NamedTuple):
    """before, after: how many entries. missing: of those before, how many are not there as they were."""

    before: int
    after: int
    missing: int

    @property
    def is_shorter(self) -> bool:
        """Whether there are fewer than before."""
        return self.after < self.before


def kept(did: str, method: str, before: bytes, after: bytes) -> Kept:
    """Compare two replies by the types of the old interface, as an old client reads them.

    did: the old interface. What is no list is one entry. Raises ValueError: a reply cannot be read so.
    """
    interface = parse_candid(did, "the old interface")
    found = method_of(interface, method)
    if found is None:
        msg = f"the old interface has no method {method}"
        raise ValueError(msg)
    old, new = (_entries(interface, found.results, reply) for reply in (before, after))
    missing = old - new
    return Kept(old.total(), new.total(), missing.total())


def _entries(interface: CandidInterface, results: Sequence[int], reply: bytes) -> Counter[bytes]:
    """Return entries by what they are encoded as at the old type, which leaves out what only the new one has."""
    try:
        values = decode(reply, interface, results)
    except DecodeError as error:
        raise ValueError(str(error)) from None
    if len(values) == 1 and isinstance(values[0], list):
        node = interface.heads[results[0]]
        inner = interface.table.children[node][:1]
        return Counter(_key(interface, inner, [value]) for value in values[0])
    return Counter([_key(interface, results, values)])


def _key(interface: CandidInterface, types: Sequence[int], values: Sequence[Value]) -> bytes:
    return encode(interface, types, values)
