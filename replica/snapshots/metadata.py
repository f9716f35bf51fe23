"""The metadata of a snapshot <-> JSON, as icp-cli writes it into `metadata.json` (1.5.0, seen)."""

from __future__ import annotations

from typing import Any

from analyzer.candid.values import RESERVED, Case, Some
from analyzer.errors import SourceError

_WHOLE = {"i32": 32, "i64": 64}
_HOOKS = ("condition_not_satisfied", "ready", "executed")
_MOST = 1 << 64


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


def from_json(told: Any, where: str) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return what uploading takes, as values of Candid. Raises SourceError: it is no metadata of a snapshot."""
    try:
        return {
            "source": Case("metadata_upload", RESERVED),
            "taken_at_timestamp": _number(told["taken_at_timestamp"]),
            "wasm_module_size": _number(told["wasm_module_size"]),
            "globals": [_global(one) for one in _list(told["globals"])],
            "wasm_memory_size": _number(told["wasm_memory_size"]),
            "stable_memory_size": _number(told["stable_memory_size"]),
            "wasm_chunk_store": [{"hash": _bytes(one["hash"])} for one in _list(told["wasm_chunk_store"])],
            "canister_version": _number(told["canister_version"]),
            "certified_data": _bytes(told["certified_data"]),
            "global_timer": _timer(told.get("global_timer")),
            "on_low_wasm_memory_hook_status": _hook(told.get("on_low_wasm_memory_hook_status")),
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        msg = "this is no metadata of a snapshot"
        raise SourceError(msg, where=where) from None


def _variant(value: Case) -> Any:  # noqa: ANN401 - JSON
    return str(value.label) if value.value is None else {str(value.label): value.value}


def _number(told: Any) -> int:  # noqa: ANN401 - JSON
    if type(told) is not int or not 0 <= told < _MOST:
        raise ValueError(told)
    return told


def _list(told: Any) -> list[Any]:  # noqa: ANN401 - JSON
    if not isinstance(told, list):
        raise TypeError(told)
    return told


def _bytes(told: Any) -> bytes:  # noqa: ANN401 - JSON
    return bytes(_list(told))  # of a number it would make so many zeros


def _global(told: dict[str, Any]) -> Case:
    ((kind, value),) = told.items()
    if kind in _WHOLE:
        half = 1 << (_WHOLE[kind] - 1)
        if type(value) is not int or not -half <= value < half:
            raise ValueError(value)
        return Case(kind, value)
    if kind == "v128" and type(value) is int and 0 <= value < 1 << 128:
        return Case(kind, value)
    if kind not in ("f32", "f64") or type(value) not in (int, float):
        raise ValueError(kind)
    return Case(kind, float(value))


def _timer(told: Any) -> Some | None:  # noqa: ANN401 - JSON
    if told is None:
        return None
    return Some(Case("inactive")) if told == "inactive" else Some(Case("active", _number(told["active"])))


def _hook(told: Any) -> Some | None:  # noqa: ANN401 - JSON
    if told is None:
        return None
    if told not in _HOOKS:
        raise ValueError(told)
    return Some(Case(told))
