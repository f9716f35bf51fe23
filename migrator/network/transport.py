"""HTTP to a boundary node or a local network: one pool of connections, deadlines, and bounded answers.

Plain http goes to loopback alone. Nothing is sent twice here: whoever asks knows whether that may be.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from analyzer.errors import UsageError
from migrator.network.cbor import MAX_BYTES
from migrator.network.errors import NetworkError

if TYPE_CHECKING:
    import httpx

CBOR = "application/cbor"
CONNECT = 10.0  # seconds
_CONNECTIONS = 32


class Response(NamedTuple):
    """An answer. body: at most `MAX_BYTES`."""

    status: int
    body: bytes

    @property
    def text(self) -> str:
        """What a refusal says, for people."""
        return self.body[:300].decode("utf-8", "replace").strip()


class Transport:
    """A way to a network. url: of https, or of http on loopback. Safe to use from several threads.

    Raises UsageError: the URL is none, or of http elsewhere.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        scheme, host = _parts(url)
        self.is_local = _is_loopback(host)
        if scheme == "http" and not self.is_local:
            msg = f"{url} is neither encrypted nor on this machine"
            raise UsageError(msg, hint="use https")
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()

    def get(self, path: str, *, until: float) -> Response:
        """Ask for something. until: of time.monotonic(). Raises NetworkError."""
        return self._send("GET", path, None, until)

    def post(self, path: str, body: bytes, *, until: float) -> Response:
        """Send CBOR. until: of time.monotonic(). Raises NetworkError, which tells whether it may have arrived."""
        return self._send("POST", path, body, until)

    def _send(self, method: str, path: str, body: bytes | None, until: float) -> Response:
        import httpx  # noqa: PLC0415 - loading it takes as long as a comparison

        from migrator.network.deadlines import deadline  # noqa: PLC0415 - loads it too

        left = until - time.monotonic()
        if left <= 0:
            msg = "no answer in time"
            raise NetworkError(msg, ran="no", where=self.url)
        headers = {"accept-encoding": "identity"} | ({} if body is None else {"content-type": CBOR})
        timeout = httpx.Timeout(left, connect=min(left, CONNECT))
        try:
            with (
                deadline(until),
                self._pool().stream(
                    method, self.url + path, content=body, headers=headers, timeout=timeout
                ) as response,
            ):
                if response.headers.get("content-encoding", "identity") != "identity":
                    msg = "the answer is packed, which nobody asked for"
                    raise NetworkError(msg, ran="unknown", where=self.url)
                parts, size = [], 0
                for part in response.iter_raw():
                    parts.append(part)
                    size += len(part)
                    if size > MAX_BYTES:
                        msg = f"the answer has more than {MAX_BYTES:,} bytes"
                        raise NetworkError(msg, ran="unknown", where=self.url)
                    if time.monotonic() > until:
                        msg = "the answer does not end in time"
                        raise NetworkError(msg, ran="unknown", where=self.url)
                return Response(response.status_code, b"".join(parts))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            hint = "does the network run, and is the URL right?" if self.is_local else None
            msg = f"cannot be reached: {error or type(error).__name__}"
            raise NetworkError(msg, ran="no", where=self.url, hint=hint) from None
        except UnicodeError:  # of IDNA
            raise _no_url(self.url) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            msg = f"no answer: {error or type(error).__name__}"
            raise NetworkError(msg, ran="unknown", where=self.url) from None

    def _pool(self) -> httpx.Client:
        import httpx  # noqa: PLC0415 - see above

        from migrator.network.deadlines import keep_deadlines  # noqa: PLC0415 - see above

        with self._lock:
            if self._client is None:
                limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
                # Proxies of the environment would see what goes to a local network, and answer for it.
                self._client = httpx.Client(limits=limits, follow_redirects=False, trust_env=not self.is_local)
                keep_deadlines(self._client)
            return self._client


def _parts(url: str) -> tuple[str, str]:
    """Return scheme and host. Raises UsageError: it has none, or its port or address is none."""
    try:
        parts = urlsplit(url)
        found = parts.scheme, parts.hostname or ""
        is_sound = found[0] in ("http", "https") and bool(found[1]) and parts.port != 0
        is_sound = is_sound and url.isprintable() and " " not in url
    except ValueError:
        is_sound = False
    if not is_sound:
        raise _no_url(url)
    return found


def _no_url(url: str) -> UsageError:
    hint = "https://icp-api.io is mainnet, http://127.0.0.1:PORT a local one"
    return UsageError(f"`{url}` is no URL of a network", hint=hint)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
