"""Cycles: what keeping a canister costs, below which balance it is frozen, and what is charged.

Prices are those of a subnet of 13 nodes (docs of the Internet Computer, "Cycle costs"). By default nothing is charged:
tests see balances change only by what canisters send. The freezing limit holds all the same. Nothing is ever reserved,
for that begins when a subnet holds more than 750 GiB; so `reserved_cycles` is 0.
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
# What cycles go for, as `canister_metrics` names it.
MEMORY, ALLOCATION, INGRESS, INSTRUCTIONS, TRANSMISSION, CREATION, BURNED = (
    "memory", "compute_allocation", "ingress_induction", "instructions", "request_and_response_transmission",
    "canister_creation", "burned_cycles",
)  # fmt: skip
USES = (MEMORY, ALLOCATION, INGRESS, INSTRUCTIONS, TRANSMISSION, "uninstall", CREATION, "http_outcalls", BURNED)


class Charges(NamedTuple):
    """What is charged, in cycles.

    create: for a canister that a canister makes. update: for running a message that may change something;
    per_instruction: of it. per_call, per_byte: of a call between canisters, both ways. idle: whether time takes
    cycles, when it is put forward. ingress, per_ingress_byte: of a call from outside, method's name and argument.
    """

    create: int = 0
    update: int = 0
    per_instruction: float = 0.0
    per_call: int = 0
    per_byte: int = 0
    idle: bool = False
    ingress: int = 0
    per_ingress_byte: int = 0

    def execution(self, instructions: int) -> int:
        """Return what running a message takes."""
        return self.update + int(self.per_instruction * instructions)

    def call(self, size: int) -> int:
        """Return what a call between canisters takes at most, with an answer of the largest size."""
        if not (self.per_call or self.per_byte):
            return 0
        return self.per_call + self.per_byte * (size + _LARGEST) + self.update

    def called(self, size: int, answer: int) -> int:
        """Return what a call took, beside running its callback; answer: its bytes."""
        return self.per_call + self.per_byte * (size + answer)

    def entrance(self, size: int) -> int:
        """Return what a call from outside takes before it is run."""
        return self.ingress + self.per_ingress_byte * size


FREE = Charges()
MAINNET = Charges(500_000_000_000, 5_000_000, 1.0, 260_000, 1_000, idle=True, ingress=1_200_000, per_ingress_byte=2_000)


def burned(canister: Canister, seconds: int, *, spared: int = 0) -> dict[str, int]:
    """Return the cycles that a canister takes for being there, by what for. spared: bytes that do not count."""
    settings = canister.settings
    memory = max(canister.memory_size() - spared, settings.memory_allocation)
    return {
        MEMORY: seconds * (memory * STORAGE // _GIB),
        ALLOCATION: seconds * settings.compute_allocation * COMPUTE,
    }


def burned_a_day(canister: Canister) -> int:
    """Return the `idle_cycles_burned_per_day` of a canister."""
    return sum(burned(canister, _DAY).values())


def freezing_limit(canister: Canister, *, spared: int = 0) -> int:
    """Return the balance below which a canister is frozen (spec, "Freezing threshold"). spared: see `burned`."""
    return sum(burned(canister, canister.settings.freezing_threshold, spared=spared).values())


def is_frozen(canister: Canister) -> bool:
    """Tell whether a canister has too few cycles to do anything."""
    return canister.cycles < freezing_limit(canister)


def check(canister: Canister, what: str = "", *, cost: int = 0, spared: int = 0) -> None:
    """Raise Reject (IC0207) if a canister is frozen, or would be at a cost. what: words before the reason.

    spared: bytes that do not count, for they are going to be given back.
    """
    missing = freezing_limit(canister, spared=spared) + cost - canister.cycles
    if missing > 0:
        reason = (
            f"Canister {Principal(canister.id)} is out of cycles: "
            f"please top up the canister with at least {missing:,} additional cycles".replace(",", "_")
        )
        raise Reject(SYS_TRANSIENT, "IC0207", f"{what} `{reason}`." if what else reason)
