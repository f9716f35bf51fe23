"""Calls from outside, and how far each is. Interface spec 0.66, "Request status"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from replica.errors import Reject

if TYPE_CHECKING:
    from replica.calls import Answer

State: TypeAlias = Literal["received", "processing", "replied", "rejected", "done"]
KEPT = 5 * 60 * 10**9  # ns after its expiry that an answered call is remembered (spec, "Request status"; about)
_PRUNED = 64  # calls that are looked at for each new one


@dataclass(slots=True)
class Request:
    """A call. sender, canister, effective: principals. expiry: ns since epoch. reply, reject: once it is answered."""

    sender: bytes
    canister: bytes
    effective: bytes
    expiry: int
    state: State = "processing"
    reply: bytes | None = None
    reject: Reject | None = None


class History:
    """The calls of the last minutes by their ids. changed: since `taken`; None: it was forgotten."""

    def __init__(self) -> None:
        self.requests: dict[bytes, Request] = {}
        self._changed: dict[bytes, Request | None] = {}

    def add(self, name: bytes, request: Request, *, now: int) -> None:
        """Take a call in, and forget old ones."""
        for old in list(self.requests)[:_PRUNED]:
            known = self.requests[old]
            if known.expiry + KEPT < now and known.state not in ("received", "processing"):
                self.forget(old)
        self.requests[name] = self._changed[name] = request

    def finish(self, name: bytes, answer: Answer) -> None:
        """Note the answer of a call."""
        request = self.requests.get(name)
        if request is None:
            return
        if isinstance(answer, Reject):
            request.state, request.reject = "rejected", answer
        else:
            request.state, request.reply = "replied", answer
        self._changed[name] = request

    def forget(self, name: bytes) -> None:
        """Drop a call."""
        if self.requests.pop(name, None) is not None:
            self._changed[name] = None

    def take_changed(self) -> dict[bytes, Request | None]:
        """Return the calls that changed since this was asked last; None: forgotten."""
        changed, self._changed = self._changed, {}
        return changed
