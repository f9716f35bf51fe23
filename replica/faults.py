"""Faults on demand: what a network, a boundary node or somebody in between does to a client when things go wrong.

It is for tests of clients. Each fault is for the next requests of a kind, in the order in which they were asked for.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal, TypeAlias

# Requests to the HTTP interface; calls as the network runs them; changes as they are written down.
Kind: TypeAlias = Literal["status", "call", "query", "read_state", "execution", "commit"]
What: TypeAlias = Literal[
    "http",  # an HTTP status, and nothing is run
    "reset",  # the connection is cut, and nothing is run
    "lost",  # it is run, and the connection is cut before the answer
    "timeout",  # it is run, and no answer comes for `seconds`
    "silence",  # 202, and nothing is ever run
    "reject",  # refused before it is a call, with `code` and `error_code`
    "denied",  # the same is said of a call that is run
    "forged",  # a signature that is none: of the certificate, or of the node
    "other key",  # certified by somebody else; of the status: another root key
    "time",  # certified `seconds` off: stale below zero, from a clock that is ahead above
    # Of an execution:
    "rejected",  # the call is rejected, certified, and was not run
    "stuck",  # the call is taken in, and stays as it is
    # Of a commit:
    "crash before",  # the process ends, and nothing is on the disk
    "crash after",  # the process ends, and all of it is on the disk
]


@dataclass(frozen=True, slots=True)
class Fault:
    """what: happens. method: of the canister that is asked, None: any. status: of HTTP."""

    what: What
    method: str | None = None
    status: int = 503
    seconds: float = 30
    code: int = 2
    error_code: str = "IC0209"
    message: str = "injected"


class Faults:
    """The faults that are to come. Safe to use from several threads."""

    def __init__(self) -> None:
        self._coming: dict[Kind, list[Fault]] = {}
        self._lock = threading.Lock()

    def add(self, kind: Kind, fault: Fault, *, count: int = 1) -> None:
        """Let a fault happen to so many of the next requests of a kind."""
        with self._lock:
            self._coming.setdefault(kind, []).extend([fault] * count)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._coming.clear()

    def left(self) -> int:
        """Return how many are still to come."""
        with self._lock:
            return sum(len(coming) for coming in self._coming.values())

    def take(self, kind: Kind, method: str | None = None) -> Fault | None:
        """Return what is to happen to a request, None: nothing."""
        if not self._coming:
            return None
        with self._lock:
            coming = self._coming.get(kind, [])
            for index, fault in enumerate(coming):
                if fault.method in (None, method):
                    return coming.pop(index)
        return None
