"""The metadata of a snapshot <-> JSON, as icp-cli writes it into `metadata.json` (1.5.0, seen)."""

from __future__ import annotations

from typing import Any

from analyzer.candid.values import RESERVED, Case, Some
from analyzer.errors import SourceError

_KINDS = ("i32", "i64", "f32", "f64", "v128")


def to_json(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return metadata, as the network tells it, as JSON."""
    timer, hook = metadata["global_timer"], metadata["on_low_wasm_memory_hook_status"]
    return {
        "source": {str(metadata["source"].label): None},
        "taken_at_timestamp": metadata["taken_at_timestamp"],
        "wasm_module_size": metadata["wasm_module_size"],
        "globals": [{str(one.label): one.value} for one in metadata["globals"]],
        "wasm_memory_size": metadata["wasm_memory_size"],
        "stable_memory_size": metadata["stable_memory_size"],
        "wasm_chunk_store": [{"hash": list(one["hash"])} for one in metadata["wasm_chunk_store"]],
        "canister_version": metadata["canister_version"],
        "certified_data": list(metadata["certified_data"]),
        "global_timer": None if timer is None else _variant(timer.value),
        "on_low_wasm_memory_hook_status": None if hook is None else str(hook.value.label),
    }


def from_json(told: dict[str, Any], where: str) -> dict[str, Any]:
    """Return what uploading takes, as values of Candid. Raises SourceError: it is no metadata of a snapshot."""
    try:
        return {
            "source": Case("metadata_upload", RESERVED),
            "taken_at_timestamp": int(told["taken_at_timestamp"]),
            "wasm_module_size": int(told["wasm_module_size"]),
            "globals": [_global(one) for one in told["globals"]],
            "wasm_memory_size": int(told["wasm_memory_size"]),
            "stable_memory_size": int(told["stable_memory_size"]),
            "wasm_chunk_store": [{"hash": bytes(one["hash"])} for one in told["wasm_chunk_store"]],
            "canister_version": int(told["canister_version"]),
            "certified_data": bytes(told["certified_data"]),
            "global_timer": _timer(told.get("global_timer")),
            "on_low_wasm_memory_hook_status": _hook(told.get("on_low_wasm_memory_hook_status")),
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        msg = "this is no metadata of a snapshot"
        raise SourceError(msg, where=where) from None


def _variant(value: Case) -> Any:  # noqa: ANN401 - JSON
    return str(value.label) if value.value is None else {str(value.label): value.value}


def _global(told: dict[str, Any]) -> Case:
    ((kind, value),) = told.items()
    if kind not in _KINDS:
        raise ValueError(kind)
    return Case(kind, value)


def _timer(told: Any) -> Some | None:  # noqa: ANN401 - JSON
    if told is None:
        return None
    return Some(Case("inactive")) if told == "inactive" else Some(Case("active", int(told["active"])))


def _hook(told: Any) -> Some | None:  # noqa: ANN401 - JSON
    if told is None:
        return None
    if told not in ("condition_not_satisfied", "ready", "executed"):
        raise ValueError(told)
    return Some(Case(told))
