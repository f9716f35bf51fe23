"""Each call runs once, however often its envelope arrives. Interface spec, "Overview of canister calling"."""

from __future__ import annotations

import heapq
import threading

MAX_KNOWN = 100_000  # calls of the last five minutes: 300 a second. An entry takes some 200 bytes


class TooMany(Exception):
    """More calls than can be told apart are still within their expiry: HTTP 503."""


class Known:
    """The ids of calls that were let through, until they expire: from then on expiry itself keeps them out.

    Safe to use from several threads.
    """

    def __init__(self, limit: int = MAX_KNOWN) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._ids: set[bytes] = set()
        self._expiries: list[tuple[int, bytes]] = []

    def admit(self, request_id: bytes, *, expiry: int, now: int) -> bool:
        """Tell whether the call is seen for the first time, and remember it. Times in ns. Raises TooMany."""
        with self._lock:
            while self._expiries and self._expiries[0][0] < now:
                self._ids.discard(heapq.heappop(self._expiries)[1])
            if request_id in self._ids:
                return False
            if len(self._expiries) >= self._limit:
                raise TooMany
            self._ids.add(request_id)
            heapq.heappush(self._expiries, (expiry, request_id))
            return True

    def forget(self, request_id: bytes) -> None:
        """Let the call be tried again: it was refused before it had any effect."""
        with self._lock:
            # Its expiry stays in the heap, where it does no harm but to count.
            self._ids.discard(request_id)
