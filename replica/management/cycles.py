"""Cycles: what keeping a canister costs, below which balance it is frozen, and what is charged.

Prices are those of a subnet of 13 nodes (docs of the Internet Computer, "Cycles costs"; network.md 1.4). By default
nothing is charged: tests see balances change only by what canisters send. The freezing limit holds all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.candid.principal import Principal
from replica.errors import SYS_TRANSIENT, Reject

if TYPE_CHECKING:
    from replica.canister import Canister

_GIB = 1 << 30
_DAY = 24 * 60 * 60
_LARGEST = 2 << 20  # bytes of an answer
STORAGE = 127_000  # cycles for a GiB and a second
COMPUTE = 10_000_000  # for a percent of compute allocation and a second


class Charges(NamedTuple):
    """What is charged, in cycles. update: for a message; per_instruction: of it.

    per_call, per_byte: of a call between canisters. idle: whether time takes cycles.
    """

    create: int = 0
    update: int = 0
    per_instruction: float = 0.0
    per_call: int = 0
    per_byte: int = 0
    idle: bool = False

    def call(self, size: int) -> int:
        """Return what a call between canisters takes at most, with an answer of the largest size."""
        return self.per_call + self.per_byte * (size + _LARGEST) + self.update if self.per_call else 0


FREE = Charges()
MAINNET = Charges(500_000_000_000, 5_000_000, 1.0, 260_000, 1_000, idle=True)


def burned(canister: Canister, seconds: int) -> int:
    """Return the cycles that a canister takes for being there."""
    settings = canister.settings
    memory = max(canister.memory_size(), settings.memory_allocation)
    return seconds * (memory * STORAGE // _GIB + settings.compute_allocation * COMPUTE)


def burned_a_day(canister: Canister) -> int:
    """Return the `idle_cycles_burned_per_day` of a canister."""
    return burned(canister, _DAY)


def freezing_limit(canister: Canister) -> int:
    """Return the balance below which a canister is frozen (spec, "Freezing threshold")."""
    return burned(canister, canister.settings.freezing_threshold)


def check(canister: Canister, what: str = "") -> None:
    """Raise Reject (IC0207) if a canister is frozen. what: words before the reason."""
    missing = freezing_limit(canister) - canister.cycles
    if missing > 0:
        reason = (
            f"Canister {Principal(canister.id)} is out of cycles: "
            f"please top up the canister with at least {missing:,} additional cycles".replace(",", "_")
        )
        raise Reject(SYS_TRANSIENT, "IC0207", f"{what} `{reason}`." if what else reason)
