"""Reading bodies within bounds of size, time, and memory over all clients."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from replica.http.answer import HttpError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from replica.http.limits import Limits

    Receive = Callable[[], Awaitable[Mapping[str, Any]]]


class Disconnected(Exception):
    """The client is gone; nobody waits for an answer."""


class _TooLarge(Exception):
    """The body is larger than its limit."""


class Bodies:
    """Reads bodies; knows how many bytes of them are in memory. Used from the event loop alone."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._held = 0

    @asynccontextmanager
    async def held(self, receive: Receive, *, announced: int, limit: int) -> AsyncIterator[bytes]:
        """Read a body of at most `limit` bytes, and count it until the request is answered.

        announced: its Content-Length, 0 if there is none. Raises HttpError (408, 413, 503) and Disconnected.
        """
        pieces: list[bytes] = []
        try:
            async with asyncio.timeout(self._limits.reading):
                await self._collect(receive, pieces, limit if announced <= limit else 0)
        except TimeoutError:
            self._release(pieces)
            text = f"the body did not arrive within {self._limits.reading:g} s"
            raise HttpError(HTTPStatus.REQUEST_TIMEOUT, text, close=True) from None
        except _TooLarge:
            text = f"the body is larger than {limit:,} bytes"
            raise HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text, close=True) from None
        except BaseException:
            self._release(pieces)
            raise
        try:
            yield b"".join(pieces)
        finally:
            self._release(pieces)

    async def _collect(self, receive: Receive, pieces: list[bytes], limit: int) -> None:
        size, more = 0, True
        while more:
            piece, more = await _next(receive)
            size += len(piece)
            if size > limit:
                self._release(pieces)
                while more and size <= self._limits.drain:
                    # Most clients read no answer before they have sent everything, and see a broken pipe.
                    piece, more = await _next(receive)
                    size += len(piece)
                raise _TooLarge
            pieces.append(piece)
            self._held += len(piece)
            if self._held > self._limits.bodies:
                text = "too many requests are being answered, try again later"
                raise HttpError(HTTPStatus.SERVICE_UNAVAILABLE, text, close=True)

    def _release(self, pieces: list[bytes]) -> None:
        self._held -= sum(map(len, pieces))
        pieces.clear()


async def _next(receive: Receive) -> tuple[bytes, bool]:
    event = await receive()
    if event["type"] != "http.request":
        raise Disconnected
    return event.get("body", b""), event.get("more_body", False)
