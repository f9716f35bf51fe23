"""What is told of a canister: its status, its history, its logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analyzer.candid.principal import Principal
from analyzer.candid.values import Case, Some
from replica.canister import RUNNING, STOPPING
from replica.management import cycles
from replica.management.sizes import memory

if TYPE_CHECKING:
    from replica.canister import Canister


def status(canister: Canister, *, is_idle: bool) -> dict[str, Any]:
    """Return the reply of `canister_status`. is_idle: no call is open."""
    state = canister.state
    word = {RUNNING: "running", STOPPING: "stopping"}.get(canister.run_status, "stopped")
    return {
        "status": Case(word),
        "ready_for_migration": word == "stopped" and is_idle,
        "version": canister.version,
        "settings": canister.settings.candid(),
        "module_hash": None if state.module is None else Some(state.module.sha256),
        "memory_size": canister.memory_size(),
        "memory_metrics": memory(canister),
        "cycles": canister.cycles,
        "reserved_cycles": 0,
        "idle_cycles_burned_per_day": cycles.burned_a_day(canister),
        "query_stats": dict.fromkeys(
            (
                "num_calls_total",
                "num_instructions_total",
                "request_payload_bytes_total",
                "response_payload_bytes_total",
            ),
            0,
        ),
    }


def metrics(canister: Canister) -> dict[str, Any]:
    """Return the reply of `canister_metrics`."""
    return {"cycles_consumed": {use: canister.consumed.get(use, 0) for use in cycles.USES}}


def info(canister: Canister, count: int) -> dict[str, Any]:
    """Return the reply of `canister_info` with so many of the last changes."""
    module = canister.state.module
    return {
        "total_num_changes": canister.changes,
        "recent_changes": [one.candid() for one in canister.history[len(canister.history) - count :]] if count else [],
        "module_hash": None if module is None else Some(module.sha256),
        "controllers": [Principal(one) for one in canister.settings.controllers],
    }


def logs(canister: Canister) -> dict[str, Any]:
    """Return the reply of `fetch_canister_logs`."""
    return {
        "canister_log_records": [
            {"idx": number, "timestamp_nanos": time, "content": line} for number, time, line in canister.logs
        ]
    }
