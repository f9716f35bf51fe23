"""How many bytes a canister takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replica.canister import Canister

_CHANGE = 100  # bytes that a change of the history takes; about
_CHUNK = 1 << 20  # what a chunk is counted as, whatever its size


def memory(canister: Canister) -> dict[str, int]:
    """Return how many bytes a canister takes, by what for.

    `log_memory_store_size` is not in the spec, and icp-cli 1.5 insists on it (seen).
    """
    state = canister.state
    sections = {} if state.module is None else state.module.metadata
    return {
        "wasm_memory_size": state.memory.size,
        "stable_memory_size": state.stable.size,
        "global_memory_size": 8 * len(state.globals),
        "wasm_binary_size": 0 if state.module is None else len(state.module.installed),
        "custom_sections_size": sum(len(name) + len(one.data) for name, one in sections.items()),
        "canister_history_size": _CHANGE * len(canister.history),
        "wasm_chunk_store_size": _CHUNK * len(canister.chunks),
        "snapshots_size": sum(one.size() for one in canister.snapshots.values()),
        "log_memory_store_size": sum(len(line) for _, _, line in canister.logs),
    }


def code(canister: Canister) -> int:
    """Return how many bytes a canister gives back when its code is taken away."""
    kept = ("canister_history_size", "snapshots_size")
    return sum(size for name, size in memory(canister).items() if name not in kept)
