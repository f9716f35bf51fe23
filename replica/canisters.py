"""The canisters of a network, and which of them somebody has had in hand since it was asked last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.candid.principal import Principal
from replica.errors import DESTINATION_INVALID, Reject

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from replica.canister import Canister

_OURS = b"\x01\x01"  # how ids that a network gives end


class Canisters:
    """Canisters by their ids. reserved: ids that none gets.

    Whoever gets one may change it: so it counts as changed. What is to be written down is then never forgotten, only
    looked at once too often.
    """

    def __init__(self, reserved: Collection[bytes]) -> None:
        self._reserved = reserved
        self._all: dict[bytes, Canister] = {}
        self._touched: set[bytes] = set()
        self.given = 0  # ids so far

    def __contains__(self, name: object) -> bool:
        return name in self._all

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, name: bytes) -> Canister:
        """Return a canister. Raises Reject (IC0301): there is none."""
        found = self.get(name)
        if found is None:
            msg = f"Canister {Principal(name)} not found"
            raise Reject(DESTINATION_INVALID, "IC0301", msg)
        return found

    def get(self, name: bytes) -> Canister | None:
        """Return a canister, None if there is none."""
        found = self._all.get(name)
        if found is not None:
            self._touched.add(name)
        return found

    def look(self) -> Iterator[Canister]:
        """Give all of them to be looked at, not to be changed."""
        yield from list(self._all.values())

    def add(self, canister: Canister) -> None:
        """Take a new one in. Raises Reject: its id is taken."""
        if canister.id in self._all or canister.id in self._reserved:
            msg = f"Canister {Principal(canister.id)} already exists"
            raise Reject(DESTINATION_INVALID, "IC0301", msg)
        self._all[canister.id] = canister
        self._touched.add(canister.id)

    def remove(self, name: bytes) -> None:
        """Take one away."""
        del self._all[name]
        self._touched.add(name)

    def new_id(self) -> bytes:
        """Return an id that no canister has or had."""
        while True:
            name = self.given.to_bytes(8, "big") + _OURS
            self.given += 1
            if name not in self._all and name not in self._reserved:
                return name

    def take_touched(self) -> set[bytes]:
        """Return the ids of those that may have changed, came, or went since this was asked last."""
        touched, self._touched = self._touched, set()
        return touched
