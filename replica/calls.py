"""Calls and who waits for their answers, as plain data: a network that is put down in the middle goes on from it.

Interface spec 0.66, "Call contexts" and "Abstract behaviour".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from replica.errors import Reject

if TYPE_CHECKING:
    from replica.execution.message import OutCall

Answer: TypeAlias = bytes | Reject


class Ingress(NamedTuple):
    """A call from outside. request: its id, 32 bytes."""

    request: bytes


class Sent(NamedTuple):
    """A call of a canister, by its number."""

    number: int


# Who is told the answer; None: nobody, it is a task of the system.
Origin: TypeAlias = Ingress | Sent | None


@dataclass(slots=True, eq=False)
class Context:
    """A call that a canister is to answer.

    available: cycles that came with it and were not taken. outstanding: calls it waits for. deadline: ns since epoch,
    of a best-effort call. spent: instructions so far. deleted: its code was taken away.
    """

    canister: bytes
    origin: Origin
    caller: bytes
    available: int = 0
    outstanding: int = 0
    answered: bool = False
    deadline: int | None = None
    spent: int = 0
    deleted: bool = False


class Outgoing(NamedTuple):
    """A call that was sent and is not answered. context: the number of the caller's."""

    context: int
    call: OutCall
    deadline: int | None


class Begin(NamedTuple):
    """To do: begin a call."""

    context: int
    method: str
    arg: bytes


class Hear(NamedTuple):
    """To do: hear the answer to a call. refund: cycles."""

    context: int
    call: OutCall
    answer: Answer
    refund: int


class Stop(NamedTuple):
    """Somebody waits until a canister is stopped. deadline: ns since epoch. refund: cycles that came with the call."""

    canister: bytes
    origin: Origin
    deadline: int
    refund: int = 0
