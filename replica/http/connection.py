"""A connection that does not wait for ever: what uvicorn leaves to a proxy in front of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

# What is open, by the client's address, as ASGI tells it.
Connections: TypeAlias = "dict[tuple[str, int], asyncio.Transport]"


def patient_for(seconds: float, connections: Connections) -> type[H11Protocol]:
    """Return a protocol that waits so long for the headers of a request, and then cuts the connection.

    connections: where it notes those that are open.

    It does so too when an answer is not taken within the pause that is allowed between two requests.

    uvicorn has a limit for the pause between two requests, but none from a first byte to the end of the headers, nor
    before the first byte, nor for an answer to be taken; clients that send or take a byte a minute would hold all
    connections.
    """

    class Patient(H11Protocol):
        _waiting: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if self.client is not None:
                connections[self.client] = transport
            self._expect_headers()

        def data_received(self, data: bytes) -> None:
            idle = self.conn.their_state is h11.IDLE
            super().data_received(data)
            if self.conn.their_state is not h11.IDLE:
                self._stop_waiting()
            elif idle and self._waiting is None:
                self._expect_headers()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            if self.client is not None:
                connections.pop(self.client, None)
            super().connection_lost(exc)

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if self.transport.is_closing():  # once all is sent, for which no time is set
                self.loop.call_later(self.timeout_keep_alive, self.transport.abort)

        def timeout_keep_alive_handler(self) -> None:
            # Whoever has not taken its answer by now holds it in our memory: abort, where close would wait.
            self.transport.abort()

        def _expect_headers(self) -> None:
            self._waiting = self.loop.call_later(seconds, self._cut)

        def _stop_waiting(self) -> None:
            if self._waiting is not None:
                self._waiting.cancel()
                self._waiting = None

        def _cut(self) -> None:
            self._waiting = None
            self.transport.abort()

    return Patient
