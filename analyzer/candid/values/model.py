"""The values that Python has no type of its own for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, Union

from analyzer.candid.principal import Principal


@dataclass(frozen=True, slots=True)
class Some:
    """A value under `opt`."""

    value: Value


@dataclass(frozen=True, slots=True)
class Case:
    """A value of a variant. label: the case's name, or its id where the type has no name for it."""

    label: str | int
    value: Value = None


@dataclass(frozen=True, slots=True)
class FuncRef:
    """A method of a canister."""

    principal: Principal
    method: str


@dataclass(frozen=True, slots=True)
class ServiceRef:
    """A canister."""

    principal: Principal


class Reserved:
    """The one value of type `reserved`: something was there, and nobody may know what."""

    def __repr__(self) -> str:
        return "RESERVED"


RESERVED = Reserved()

Value: TypeAlias = Union[
    bool,
    int,
    float,
    str,
    bytes,
    Principal,
    FuncRef,
    ServiceRef,
    Reserved,
    Some,
    Case,
    "list[Value]",
    "dict[str | int, Value]",
    None,
]
