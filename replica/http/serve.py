"""Serving the HTTP interface from a thread, on a port of its own.

The server is uvicorn: the most used ASGI server, released every few weeks, pure Python with two small dependencies
(click, which we have, and h11), and it can be run in a thread and stopped from another. hypercorn can do more that is
not needed here (HTTP/2, trio), with five dependencies and a release or two a year.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import sys
import threading
from typing import TYPE_CHECKING, Self

import uvicorn

from replica.http.app import Gateway
from replica.http.connection import patient_for
from replica.http.limits import Limits

if TYPE_CHECKING:
    from replica.certificates.authority import Authority
    from replica.faults import Faults
    from replica.http.connection import Connections
    from replica.http.network import Network

_BACKLOG = 256  # icp-cli opens many connections at once to upload a snapshot
_GRACE = 5  # seconds for what is being answered when the server is stopped


class Server:
    """A running server. A context manager; leaving it stops the server and waits until it is gone.

    host: an IP address of loopback, any other only with `anywhere`. port: 0 takes a free one.
    Raises OSError where the port is taken, ValueError for another host.
    """

    def __init__(
        self,
        network: Network,
        authority: Authority,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        anywhere: bool = False,
        for_ic_py: bool = False,
        limits: Limits | None = None,
        faults: Faults | None = None,
    ) -> None:
        """See `Gateway` for what is not told here."""
        address = ipaddress.ip_address(host)
        if not anywhere and not address.is_loopback:
            msg = f"{host} is no loopback address, and whoever reaches the replica controls what it runs"
            raise ValueError(msg)
        limits = limits or Limits()
        self.root_key = authority.root_key
        connections: Connections = {}
        self._app = Gateway(
            network,
            authority,
            limits=limits,
            for_ic_py=for_ic_py,
            anywhere=anywhere,
            faults=faults,
            connections=connections,
        )
        six = isinstance(address, ipaddress.IPv6Address)
        family = socket.AF_INET6 if six else socket.AF_INET
        # Bound here, not in the thread: a port that is taken is the caller's error, and the number is known at once.
        self._socket = _listening(family, host, port)
        config = uvicorn.Config(
            self._app,
            http=patient_for(limits.header, connections),
            ws="none",
            lifespan="off",
            loop="asyncio",
            backlog=_BACKLOG,
            log_config=None,  # logging is the application's to set up, not a library's
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=limits.connections,
            timeout_keep_alive=limits.idle,
            timeout_graceful_shutdown=_GRACE,
            h11_max_incomplete_event_size=16 * 1024,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="replica-http", daemon=True)
        name = f"[{host}]" if six else host
        self.url = f"http://{name}:{self._socket.getsockname()[1]}"
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Finish what is being answered, up to some seconds, and end. Calling it again does nothing."""
        self._server.should_exit = True
        self._thread.join(2 * _GRACE)
        self._socket.close()
        self._app.close()

    def _run(self) -> None:
        asyncio.run(self._server.serve([self._socket]))


def _listening(family: int, host: str, port: int) -> socket.socket:
    # asyncio turns off Nagle's algorithm only on sockets that say that they are TCP, which those of
    # socket.create_server do not: each answer would take 40 ms (measured).
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there it would let two servers have one port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening
