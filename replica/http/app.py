"""The ASGI app: from a URL to whoever answers it. Interface spec, "HTTPS Interface".

It runs on whatever serves ASGI. Parsing, signatures and the network run in threads, so that the loop stays free.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from cbor2 import dumps

from analyzer.candid.principal import Principal
from replica.certificates.authority import tagged
from replica.faults import Faults
from replica.http.answer import CBOR, Answer, HttpError
from replica.http.body import Bodies, Disconnected
from replica.http.calls import Calls, log_failure
from replica.http.faulty import Cut, faulty
from replica.http.limits import Limits
from replica.http.network import MANAGEMENT
from replica.http.queries import Queries, rejection
from replica.http.state import Place, StateTree
from replica.requests.authenticate import Refused, authenticate
from replica.requests.cbor import Malformed
from replica.requests.envelope import Invocation, ReadState, read_envelope
from replica.requests.replay import TooMany

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from replica.certificates.authority import Authority
    from replica.faults import Fault
    from replica.http.body import Receive
    from replica.http.connection import Connections
    from replica.http.network import Network
    from replica.requests.envelope import Envelope, Kind

    Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]

_API_VERSION = "0.66.0"  # of the interface spec that was followed
_STATUS_PATH = "/api/v2/status"
_BAD = HTTPStatus.BAD_REQUEST
_ASYNC = 2  # the version of a call that does not wait for its outcome
_THREADS = 8  # of each kind: calls that take long must not keep others from asking how they are

# How requests are addressed: (scope, action) and the versions of each.
_VERSIONS: Mapping[tuple[str, str], frozenset[int]] = {
    ("canister", "call"): frozenset({2, 3, 4}),
    ("canister", "query"): frozenset({2, 3}),
    ("canister", "read_state"): frozenset({2, 3}),
    ("subnet", "call"): frozenset({4}),
    ("subnet", "query"): frozenset({3}),
    ("subnet", "read_state"): frozenset({2, 3}),
}
# What may be asked of a subnet. Spec, "Effective subnet id".
_OF_SUBNET = {"call": {"create_canister", "provisional_create_canister_with_cycles"}, "query": {"list_canisters"}}

_T = TypeVar("_T")
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a POST goes, by its URL."""

    version: int
    scope: Literal["canister", "subnet"]
    effective: Principal
    action: Kind


class Gateway:
    """The HTTP interface of a network, an ASGI app. Close it when it is served no more.

    clock: wall clock, ns since 1970; expiries are held against it, whatever time canisters are told.
    for_ic_py: leave out the CBOR tag that replicas send, and certify rejects; ic-py 1.0.1 needs both.
    anywhere: answer whatever Host is asked for, not loopback alone. faults: what is to go wrong. connections: those
    that are open, by their clients' addresses.
    """

    def __init__(
        self,
        network: Network,
        authority: Authority,
        *,
        limits: Limits | None = None,
        clock: Callable[[], int] = time.time_ns,
        for_ic_py: bool = False,
        anywhere: bool = False,
        faults: Faults | None = None,
        connections: Connections | None = None,
    ) -> None:
        self._network = network
        self._authority = authority
        self._limits = limits or Limits()
        self._clock = clock
        self._encode: Callable[[object], bytes] = dumps if for_ic_py else tagged
        self._anywhere = anywhere
        self._faults = faults or Faults()
        self._connections = {} if connections is None else connections
        self._bodies = Bodies(self._limits)
        self._calls = Calls(network, clock, certify_rejects=for_ic_py)
        self._queries = Queries(network, authority, clock)
        self._state = StateTree(network, authority, self._calls.status)
        self._writers = ThreadPoolExecutor(_THREADS, "replica-call")
        self._readers = ThreadPoolExecutor(_THREADS, "replica-read")

    def close(self) -> None:
        """End the threads; what runs in them is waited for."""
        for pool in (self._writers, self._readers):
            pool.shutdown(cancel_futures=True)

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        try:
            answer = await self._answer(scope, receive)
        except HttpError as error:
            answer = error.answer
        except Disconnected:
            return
        except Cut:
            self._cut(scope)
            return
        except Exception:
            # Whatever a client sends, this is our mistake: say so, and keep running.
            _logger.exception("%s %s failed", scope["method"], scope["path"])
            answer = Answer(HTTPStatus.INTERNAL_SERVER_ERROR, b"the replica failed; its log says how", close=True)
        await _respond(answer, send)

    async def _answer(self, scope: Mapping[str, Any], receive: Receive) -> Answer:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if not self._anywhere and not is_loopback(headers.get("host", "")):
            # A page anywhere may name a host of its own that leads to loopback, and speak to us from the browser.
            raise HttpError(HTTPStatus.FORBIDDEN, "only requests to a loopback host are answered", close=True)
        if scope["path"] == _STATUS_PATH:
            _only("GET", scope)
            return await self._maybe(self._faults.take("status"), "status", self._told)
        target = parse_target(scope["path"])
        _only("POST", scope)
        if headers.get("content-type", "").partition(";")[0].strip().lower() != CBOR:
            # A page cannot send this type without asking first, and we never say yes.
            raise HttpError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the content type must be {CBOR}", close=True)
        limit = self._limits.call if target.action == "call" else self._limits.body
        announced = headers.get("content-length")
        try:
            async with self._bodies.held(receive, announced=int(announced or 0), limit=limit) as body:
                envelope = await self._in(self._readers, read_envelope, body, target.action)
                method = envelope.content.method if isinstance(envelope.content, Invocation) else None
                fault = self._faults.take(target.action, method)
                return await self._maybe(fault, target.action, partial(self._dispatch, envelope, target))
        except (Malformed, Refused) as error:
            raise HttpError(_BAD, str(error)) from error
        except TooMany:
            raise HttpError(HTTPStatus.SERVICE_UNAVAILABLE, "too many calls, try again later") from None

    async def _maybe(self, fault: Fault | None, action: str, run: Callable[[], Awaitable[Answer]]) -> Answer:
        """Answer a request, or do to it what a fault says."""
        if fault is None:
            return await run()
        return await faulty(fault, action, run, self._authority, self._encode, self._network.time())

    def _cut(self, scope: Mapping[str, Any]) -> None:
        client = scope.get("client")
        transport = self._connections.get(tuple(client)) if client else None
        if transport is not None:
            transport.abort()

    async def _told(self) -> Answer:
        return Answer(HTTPStatus.OK, self._encode(self._status()), CBOR)

    async def _dispatch(self, envelope: Envelope, target: Target) -> Answer:
        if target.scope == "subnet":
            self._check_subnet(envelope, target)
        if target.action == "call":
            return await self._call(envelope, target)
        if target.action == "query":
            said = await self._in(self._readers, self._queries.answer, envelope, target.effective)
            return Answer(HTTPStatus.OK, self._encode(said), CBOR)
        certificate = await self._in(self._readers, self._read_state, envelope, target)
        return Answer(HTTPStatus.OK, self._encode({"certificate": certificate}), CBOR)

    async def _call(self, envelope: Envelope, target: Target) -> Answer:
        deadline = time.monotonic() + self._limits.wait
        accepting = self._in(self._writers, self._calls.accept, envelope, target.effective)
        done, _ = await asyncio.wait({accepting}, timeout=self._limits.wait)
        if not done:
            accepting.add_done_callback(log_failure)
            return Answer(HTTPStatus.ACCEPTED)
        reject = accepting.result()
        if reject is not None:
            # v2 has no status here: clients tell it from the others by that (seen in agent-js).
            status = {} if target.version == _ASYNC else {"status": "non_replicated_rejection"}
            return Answer(HTTPStatus.OK, self._encode({**status, **rejection(reject)}), CBOR)
        if target.version == _ASYNC:
            return Answer(HTTPStatus.ACCEPTED)
        request_id = envelope.content.id
        final = await self._calls.settled(request_id, self._readers, deadline=deadline)
        if final is None:
            return Answer(HTTPStatus.ACCEPTED)
        # "replied" is the status of the request for a certificate. A reject is in the certificate (seen in agent-rs).
        certificate = await self._in(self._readers, self._state.of_request, request_id, final)
        return Answer(HTTPStatus.OK, self._encode({"status": "replied", "certificate": certificate}), CBOR)

    def _read_state(self, envelope: Envelope, target: Target) -> bytes:
        request = envelope.content
        if not isinstance(request, ReadState):
            raise TypeError(request)
        scope = authenticate(envelope, "read_state", now=self._clock())
        return self._state.read(request, scope, Place(target.version, target.effective, target.scope == "subnet"))

    def _check_subnet(self, envelope: Envelope, target: Target) -> None:
        if target.effective != self._authority.subnet:
            raise HttpError(_BAD, f"this is subnet {self._authority.subnet}, not {target.effective}")
        content = envelope.content
        if isinstance(content, Invocation):
            allowed = _OF_SUBNET[target.action]
            if content.canister != MANAGEMENT or content.method not in allowed:
                raise HttpError(_BAD, f"a subnet takes only {' and '.join(sorted(allowed))} of the management canister")

    def _status(self) -> dict[str, object]:
        return {
            "ic_api_version": _API_VERSION,
            "impl_version": "ctxcheck",
            "replica_health_status": "healthy",
            "certified_height": self._network.height(),
            "root_key": self._authority.root_key,
        }

    def _in(self, pool: ThreadPoolExecutor, function: Callable[..., _T], *arguments: object) -> asyncio.Future[_T]:
        return asyncio.get_running_loop().run_in_executor(pool, function, *arguments)


def parse_target(path: str) -> Target:
    """Return where a URL leads. Raises HttpError: 404 for a path there is not, 400 for an id that is none."""
    match path.split("/"):
        case [
            "",
            "api",
            version,
            ("canister" | "subnet") as scope,
            effective,
            ("call" | "query" | "read_state") as action,
        ]:
            versions = _VERSIONS[scope, action]
            if version not in {f"v{number}" for number in versions}:
                raise HttpError(HTTPStatus.NOT_FOUND, f"{action} of a {scope} has no version {version:.10}", close=True)
            try:
                principal = Principal.parse(effective)
            except ValueError as error:
                raise HttpError(_BAD, f"the id in the URL: {error}", close=True) from None
            return Target(int(version[1:]), scope, principal, action)
    raise HttpError(HTTPStatus.NOT_FOUND, "there is no such path; see the IC interface specification", close=True)


def is_loopback(host: str) -> bool:
    """Tell whether a Host header names this machine, as no other machine can be named."""
    before, _, port = host.lower().rpartition(":")
    name = before if port.isdecimal() else host.lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _only(method: str, scope: Mapping[str, Any]) -> None:
    if scope["method"] != method:
        raise HttpError(HTTPStatus.METHOD_NOT_ALLOWED, f"only {method} is answered here", close=True, allow=method)


async def _respond(answer: Answer, send: Send) -> None:
    headers = [(b"content-length", str(len(answer.body)).encode()), (b"x-content-type-options", b"nosniff")]
    if answer.body:
        headers.append((b"content-type", answer.kind.encode()))
    if answer.allow:
        headers.append((b"allow", answer.allow.encode()))
    if answer.close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": int(answer.status), "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
