"""The values that Python has no type of its own for."""

from __future__ import annotations

from typing import TypeAlias, Union

from analyzer.candid.principal import Principal


class _Parts:
    """What is equal where its parts are. Written out: to make dataclasses takes longer than to load the rest."""

    __slots__ = ()
    __match_args__: tuple[str, ...] = ()

    def _parts(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__match_args__)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((type(self), *self._parts()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self._parts()))})"


class Some(_Parts):
    """A value under `opt`."""

    __slots__ = __match_args__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value


class Case(_Parts):
    """A value of a variant. label: the case's name, or its id where the type has no name for it."""

    __slots__ = __match_args__ = ("label", "value")

    def __init__(self, label: str | int, value: Value = None) -> None:
        self.label = label
        self.value = value


class FuncRef(_Parts):
    """A method of a canister."""

    __slots__ = __match_args__ = ("principal", "method")

    def __init__(self, principal: Principal, method: str) -> None:
        self.principal = principal
        self.method = method


class ServiceRef(_Parts):
    """A canister."""

    __slots__ = __match_args__ = ("principal",)

    def __init__(self, principal: Principal) -> None:
        self.principal = principal


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
