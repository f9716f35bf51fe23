"""The settings of a canister. Interface spec 0.66, "update_settings"; defaults and limits as there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from analyzer.candid.principal import Principal
from analyzer.candid.values import Case
from replica.errors import CANISTER_ERROR, Reject

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
    "wasm_memory_threshold": _MEMORY + 1,
    "log_memory_limit": (2 << 20) + 1,  # not in the spec; icp-cli 1.5 sets it (seen), the limit is recalled
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
    wasm_memory_limit: int = 3 << 30  # by the spec none; what dfinity/ic gives new canisters (recalled)
    wasm_memory_threshold: int = 0
    environment_variables: dict[str, str] = field(default_factory=dict)
    log_memory_limit: int = 4096

    def changed(self, wanted: Mapping[str, Any]) -> Settings:
        """Return the settings with other values, by their names. Raises Reject (IC0504): they cannot be so."""
        new = Settings(**{name: getattr(self, name) for name in Settings.__slots__} | dict(wanted))
        new.controllers = sorted(set(new.controllers))
        for name in wanted:
            _CHECKS.get(name, _check_number)(name, getattr(new, name))
        return new

    def candid(self) -> dict[str, Any]:
        """Return them as a value of Candid."""
        found: dict[str, Any] = {name: getattr(self, name) for name in _NUMBERS}
        found["controllers"] = [Principal(one) for one in self.controllers]
        for name in _VISIBILITIES:
            found[name] = getattr(self, name).candid()
        found["environment_variables"] = [
            {"name": name, "value": value} for name, value in self.environment_variables.items()
        ]
        return found


def wanted(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a value of Candid says of settings; null is nothing. Raises Reject (IC0504): a name stands twice."""
    found = {}
    for name, given in value.items():
        if given is None:
            continue
        inner: Any = given.value
        if name == "controllers":
            inner = [one.raw for one in inner]
        elif name in _VISIBILITIES:
            viewers = inner.value if inner.label == "allowed_viewers" else []
            inner = Visibility(str(inner.label), [one.raw for one in viewers])
        elif name == "environment_variables":
            names = [one["name"] for one in inner]
            if len(set(names)) < len(names):
                _refuse("duplicate environment variable names are not allowed")
            inner = {one["name"]: one["value"] for one in inner}
        found[name] = inner
    return found


def _check_number(name: str, value: int) -> None:
    if not 0 <= value < _NUMBERS[name]:
        _refuse(f"{name} expected to be at most {_NUMBERS[name] - 1}, got {value}")


def _check_controllers(_name: str, values: list[bytes]) -> None:
    if len(values) > MAX_CONTROLLERS:
        _refuse(f"Invalid number of controllers: {len(values)}, at most {MAX_CONTROLLERS} are allowed")


def _check_visibility(_name: str, value: Visibility) -> None:
    if len(value.viewers) > MAX_VIEWERS:
        _refuse(f"too many allowed viewers: {len(value.viewers)}, at most {MAX_VIEWERS} are allowed")


def _check_variables(_name: str, values: dict[str, str]) -> None:
    if len(values) > MAX_VARIABLES:
        _refuse(f"Too many environment variables: {len(values)} (max: {MAX_VARIABLES})")
    for pair in values.items():
        if any(len(one.encode()) > MAX_VARIABLE for one in pair):
            _refuse(f"Environment variable {pair[0]!r} is longer than {MAX_VARIABLE} bytes")


def _refuse(what: str) -> NoReturn:
    msg = f"Could not validate the settings: {what}"
    raise Reject(CANISTER_ERROR, "IC0504", msg)


_CHECKS: dict[str, Callable[[str, Any], None]] = {
    "controllers": _check_controllers,
    "environment_variables": _check_variables,
    **dict.fromkeys(_VISIBILITIES, _check_visibility),
}
