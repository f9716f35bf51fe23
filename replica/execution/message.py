"""A message as the canister sees it, and what it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from replica.errors import Reject

# How a message enters, by the letters of the specification's table (spec 0.66, "Overview of imports"). INIT is
# `canister_post_upgrade` too; COMPOSITE_REPLY and those beside it are callbacks in a composite query.
INIT, PRE_UPGRADE, UPDATE, REPLICATED_QUERY, QUERY, COMPOSITE, REPLY, REJECT, COMPOSITE_REPLY, COMPOSITE_REJECT = (
    "I", "G", "U", "RQ", "NRQ", "CQ", "Ry", "Rt", "CRy", "CRt",
)  # fmt: skip
CLEANUP, COMPOSITE_CLEANUP, START, INSPECT, TASK = "C", "CC", "s", "F", "T"
UNREPLICATED = frozenset((QUERY, COMPOSITE, COMPOSITE_REPLY, COMPOSITE_REJECT, COMPOSITE_CLEANUP, INSPECT))


class OutCall(NamedTuple):
    """A call that a message makes. on_reply, on_reject, on_cleanup: table index and environment."""

    callee: bytes
    method: str
    arg: bytes
    cycles: int
    on_reply: tuple[int, int]
    on_reject: tuple[int, int]
    on_cleanup: tuple[int, int] | None
    timeout: int | None  # seconds of a best-effort call

    @property
    def size(self) -> int:
        """Bytes of the method's name and the argument: what is paid for."""
        return len(self.method.encode()) + len(self.arg)


@dataclass(slots=True)
class Building:
    """A call that is being put together."""

    callee: bytes
    method: str
    on_reply: tuple[int, int]
    on_reject: tuple[int, int]
    arg: bytearray = field(default_factory=bytearray)
    cycles: int = 0
    on_cleanup: tuple[int, int] | None = None
    timeout: int | None = None


@dataclass(slots=True)
class Message:
    """entry: how it enters. caller: principal. available: cycles that came with it. reject: of a reject callback.

    deadline: ns since epoch, of a best-effort call. spent: instructions of the call's executions before this one.
    certified: whether it may have a certificate of the certified data.
    """

    entry: str
    caller: bytes = b""
    arg: bytes = b""
    method: str = ""
    available: int = 0
    refunded: int = 0
    unspent: int = 0  # of what was available, when the call was answered
    reject: Reject | None = None
    deadline: int = 0
    spent: int = 0
    certified: bool = False
    answered: bool = False  # by an earlier execution of the same call context
    # What the message does.
    reply: bytearray = field(default_factory=bytearray)
    replied: bytes | None = None
    rejected: str | None = None
    calls: list[OutCall] = field(default_factory=list)
    building: Building | None = None
    accepted_cycles: int = 0
    burned: int = 0
    accepted: bool = False
    certified_data: bytes | None = None
    timer: int | None = None  # ns since epoch, 0: none; None: not set
    logs: list[bytes] = field(default_factory=list)

    def give_back(self) -> None:
        """Take no more cycles: the call is answered, and what is left goes back with the answer."""
        self.unspent, self.available = self.available, 0
