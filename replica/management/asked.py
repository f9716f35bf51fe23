"""A call to the management canister, and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from replica.calls import Origin


class Asked(NamedTuple):
    """A call. caller: principal. arg: Candid. cycles: that came with it. outside: it is of a user, not of a canister.

    origin: what the scheduler takes when the answer comes later. version: of the canister that calls, when it did.
    """

    caller: bytes
    method: str
    arg: bytes
    cycles: int
    origin: Origin
    outside: bool
    version: int | None = None


class Given(NamedTuple):
    """The answer. reply: Candid. refund: cycles."""

    reply: bytes
    refund: int
