"""The settings of a canister. Interface spec 0.66, "update_settings"; defaults and limits as there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from analyzer.candid.principal import Principal
from analyzer.candid.values import Case
from replica.errors import CANISTER_ERROR, Reject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_CONTROLLERS = 10
MAX_VARIABLES = 20
MAX_VARIABLE = 128  # bytes of a name, and of a value
MAX_VIEWERS = 10
_LARGEST = 1 << 64
_PERCENT = 100
_MEMORY = 1 << 48  # bytes: 256 TiB
_NUMBERS = {
    "compute_allocation": _PERCENT + 1,
    "memory_allocation": _MEMORY + 1,
    "freezing_threshold": _LARGEST,
    "reserved_cycles_limit": 1 << 128,
    "minimum_incoming_canister_call_cycles": 1 << 128,
    "wasm_memory_limit": _MEMORY + 1,
    "wasm_memory_threshold": _LARGEST,
}
_VISIBILITIES = ("log_visibility", "snapshot_visibility", "status_visibility")


@dataclass(slots=True)
class Visibility:
    """Who may see something, beside the controllers. kind: `controllers`, `public` or `allowed_viewers`."""

    kind: str = "controllers"
    viewers: list[bytes] = field(default_factory=list)

    def admits(self, who: bytes) -> bool:
        """Tell whether somebody who is no controller may see it."""
        return self.kind == "public" or (self.kind == "allowed_viewers" and who in self.viewers)

    def candid(self) -> Case:
        """Return it as a value of Candid."""
        if self.kind == "allowed_viewers":
            return Case(self.kind, [Principal(one) for one in self.viewers])
        return Case(self.kind)


@dataclass(slots=True)
class Settings:
    """Sizes in bytes, times in seconds, allocations in percent."""

    controllers: list[bytes]
    compute_allocation: int = 0
    memory_allocation: int = 0
    freezing_threshold: int = 30 * 24 * 60 * 60
    reserved_cycles_limit: int = 5_000_000_000_000
    minimum_incoming_canister_call_cycles: int = 0
    log_visibility: Visibility = field(default_factory=Visibility)
    snapshot_visibility: Visibility = field(default_factory=Visibility)
    status_visibility: Visibility = field(default_factory=Visibility)
    wasm_memory_limit: int = 3 << 30
    wasm_memory_threshold: int = 0
    environment_variables: dict[str, str] = field(default_factory=dict)

    def changed(self, wanted: Mapping[str, Any]) -> Settings:
        """Return the settings with what is wanted; null changes nothing. Raises Reject (IC0504): it cannot be."""
        new = Settings(**{name: getattr(self, name) for name in Settings.__slots__})
        for name, value in wanted.items():
            if value is None:
                continue
            if name == "controllers":
                new.controllers = _controllers(value.value)
            elif name in _VISIBILITIES:
                setattr(new, name, _visibility(value.value))
            elif name == "environment_variables":
                new.environment_variables = _variables(value.value)
            elif value.value >= _NUMBERS[name]:
                _refuse(f"{name} expected to be at most {_NUMBERS[name] - 1}, got {value.value}")
            else:
                setattr(new, name, value.value)
        return new

    def candid(self) -> dict[str, Any]:
        """Return them as a value of Candid; `log_memory_limit` is not in the spec, icp-cli 1.5 insists on it (seen)."""
        found: dict[str, Any] = {name: getattr(self, name) for name in _NUMBERS}
        found["controllers"] = [Principal(one) for one in self.controllers]
        for name in _VISIBILITIES:
            found[name] = getattr(self, name).candid()
        found["environment_variables"] = [
            {"name": name, "value": value} for name, value in self.environment_variables.items()
        ]
        found["log_memory_limit"] = 4096
        return found


def _controllers(values: Iterable[Principal]) -> list[bytes]:
    found = sorted({one.raw for one in values})
    if len(found) > MAX_CONTROLLERS:
        _refuse(f"Invalid number of controllers: {len(found)}, at most {MAX_CONTROLLERS} are allowed")
    return found


def _visibility(value: Case) -> Visibility:
    kind = str(value.label)
    viewers: Any = value.value if kind == "allowed_viewers" else []
    if len(viewers) > MAX_VIEWERS:
        _refuse(f"too many allowed viewers: {len(viewers)}, at most {MAX_VIEWERS} are allowed")
    return Visibility(kind, [one.raw for one in viewers])


def _variables(values: list[dict[str, str]]) -> dict[str, str]:
    found = {one["name"]: one["value"] for one in values}
    if len(found) < len(values):
        _refuse("duplicate environment variable names are not allowed")
    if len(found) > MAX_VARIABLES:
        _refuse(f"Too many environment variables: {len(found)} (max: {MAX_VARIABLES})")
    for pair in found.items():
        if any(len(one.encode()) > MAX_VARIABLE for one in pair):
            _refuse(f"Environment variable {pair[0]!r} is longer than {MAX_VARIABLE} bytes")
    return found


def _refuse(what: str) -> NoReturn:
    msg = f"Could not validate the settings: {what}"
    raise Reject(CANISTER_ERROR, "IC0504", msg)
