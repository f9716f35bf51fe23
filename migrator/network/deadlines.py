"""Sockets that keep a deadline: what comes byte by byte, or in headers without an end, does not outlive it.

httpx has a limit for each read alone. It takes no network backend, and httpcore below it does: that is where the time
that is left is given to each read and write.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator

    import httpx

_CURRENT = threading.local()


@contextmanager
def deadline(until: float) -> Iterator[None]:
    """Let nothing that this thread reads or writes last longer. until: of time.monotonic()."""
    _CURRENT.until = until
    try:
        yield
    finally:
        del _CURRENT.until


def keep_deadlines(client: httpx.Client) -> None:
    """Let a client keep the deadlines of the threads that use it, also through proxies."""
    ways = [getattr(client, "_transport", None), *getattr(client, "_mounts", {}).values()]
    for way in ways:
        pool = getattr(way, "_pool", None)
        if pool is not None:
            pool._network_backend = _Backend(pool._network_backend)  # noqa: SLF001 - see above


def _left(timeout: float | None, expired: type[Exception]) -> float | None:
    until = getattr(_CURRENT, "until", None)
    if until is None:
        return timeout
    left: float = until - time.monotonic()
    if left <= 0:
        msg = "no answer in time"
        raise expired(msg)
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as the library has it
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(host, port, left, local_address, socket_options))

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)
