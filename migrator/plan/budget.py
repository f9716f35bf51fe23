"""What an upgrade takes: cycles, snapshots, time. Estimates, with where they are from (network.md 1.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.plan.model import Budget

if TYPE_CHECKING:
    from migrator.network.management import CanisterStatus

MAX_SNAPSHOTS = 10  # of a canister (spec, "Resource limits")
_MARGIN = 30_000_000_000  # cycles: snapshot, install and load are some 10 B each, at most
_STORAGE = 127_000  # cycles for a GiB and second, on 13 nodes
_MONTH = 30 * 24 * 60 * 60
_GIB = 1 << 30
_CALL = 3  # seconds from a call to its certified answer
_CALLS = 6  # while it stands still: stop, status, snapshot, install, status, start
_RATE = 5_000_000  # bytes of a snapshot that are downloaded in a second


UNKNOWN = Budget("0", "0", 0, 0, 0, "0")  # of a canister whose status only others may see


def budget(status: CanisterStatus, snapshots: int, module: int, *, download_first: bool, copies: int = 1) -> Budget:
    """Return what upgrading a canister takes. snapshots: that it has. module: bytes of the new one.

    copies: snapshots that are taken; a second one of the new version, to compare with.
    """
    size = status.wasm_memory_size + status.stable_memory_size + module
    memory = max(status.memory_size, 1)
    # With the snapshot the canister has more to pay for, and is frozen earlier.
    needed = status.freezing_limit * (memory + copies * size) // memory + copies * _MARGIN + status.reserved_cycles
    downtime = _CALL * (_CALLS + 2 * (copies - 1)) + (copies * size // _RATE if download_first else 0)
    monthly = _STORAGE * _MONTH * size // _GIB
    return Budget(str(needed), str(status.cycles), size, max(0, MAX_SNAPSHOTS - snapshots), downtime, str(monthly))
