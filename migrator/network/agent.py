"""Calls, queries and certified reads: each answer is proven, or is no answer.

A call is made and signed, can be written down, is sent, and is asked about until its outcome is certified. Interface
spec 0.66, "HTTPS interface", "Request status" and "Ingress expiry".
"""

from __future__ import annotations

import random
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.candid.principal import Principal
from migrator.network import request
from migrator.network.bls import raw_key
from migrator.network.cbor import Malformed, decode
from migrator.network.certificate import MAINNET_KEY, MAX_AGE, nat, verified
from migrator.network.errors import CertificateError, NetworkError, Refused, Rejected
from migrator.network.tree import Absent, Found, Tree, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from migrator.network.identity import Identity
    from migrator.network.request import Envelope
    from migrator.network.transport import Response, Transport

ASK = 30.0  # seconds for a query, a read, or to hand a call over
WAIT = 10 * 60.0  # seconds for the outcome of a call
_FIRST, _LAST = 0.25, 3.0  # seconds between questions how a call is
_TRIES = 4
_SIGNED = ("status", "reply", "reject_code", "reject_message", "error_code")
_CODES = 6  # reject codes (interface spec 0.66)
_ED25519 = 32  # bytes of a key
_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE})
_NO_PATH = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})


class SignedCall(NamedTuple):
    """A call that is ready to be sent, and may be sent again: it runs once. effective: the canister of the URL."""

    envelope: Envelope
    effective: bytes
    canister: bytes
    method: str

    def plain(self) -> dict[str, str | int]:
        """Return it as data for a journal."""
        return {
            "data": self.envelope.data.hex(),
            "request_id": self.envelope.request_id.hex(),
            "expiry": self.envelope.expiry,
            "effective": self.effective.hex(),
            "canister": self.canister.hex(),
            "method": self.method,
        }

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> SignedCall:
        """Return the call of such data."""
        envelope = request.Envelope(
            bytes.fromhex(plain["data"]), bytes.fromhex(plain["request_id"]), int(plain["expiry"])
        )
        effective, canister = bytes.fromhex(plain["effective"]), bytes.fromhex(plain["canister"])
        return cls(envelope, effective, canister, str(plain["method"]))


class Status(NamedTuple):
    """What is certified of a call. word: `unknown`, `received`, `processing`, `replied`, `rejected`, `done`.

    time: ns since epoch, certified. here: by a subnet that has the canister: what it does not know, did not run.
    """

    word: str
    time: int
    reply: bytes = b""
    reject: Rejected | None = None
    here: bool = False


class Agent:
    """Somebody who asks a network. root_key: DER; clock: ns since epoch."""

    def __init__(
        self,
        transport: Transport,
        identity: Identity,
        root_key: bytes | None = None,
        *,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self.transport = transport
        self.identity = identity
        self.root_key = MAINNET_KEY if root_key is None else raw_key(root_key)
        self._clock = clock
        self._calls: tuple[int, ...] = (4, 3, 2)  # versions of the interface that may be there, the best one first
        self._reads: tuple[int, ...] = (3, 2)
        self._latest = 0  # certified time, which does not go back
        self._nodes: dict[bytes, dict[bytes, bytes]] = {}

    def close(self) -> None:
        """Close the connections."""
        self.transport.close()

    # Queries.

    def query(
        self, canister: bytes, method: str, arg: bytes, *, effective: bytes | None = None, wait: float = ASK
    ) -> bytes:
        """Return the reply of a query, signed by a node of the canister's subnet. Raises Rejected, NetworkError.

        One node says so: what it says of the state is its word alone. effective: the canister of the URL, where it is
        another.
        """
        until = time.monotonic() + wait
        where = canister if effective is None else effective
        made = request.query(self.identity, canister, method, arg, now=self._clock())
        response = self._asked("query", where, made.data, until)
        said = _answer(response, self.transport.url)
        self._check_node(where, said, made, until)
        if said.get("status") == "replied":
            return _bytes(_map(said.get("reply")).get("arg"))
        if said.get("status") == "rejected":
            rejected = _reject(said, certified=False)
            rejected.ran = "no"  # a query changes nothing
            raise rejected
        msg = "a query was answered with something that is no answer"
        raise NetworkError(msg, where=self.transport.url)

    def _check_node(self, canister: bytes, said: Mapping[str, Any], made: Envelope, until: float) -> None:
        """Check that a node of the subnet signed the answer. Raises CertificateError."""
        signatures = said.get("signatures")
        if not isinstance(signatures, (list, tuple)) or not signatures:
            msg = "the answer to a query is not signed by a node"
            raise CertificateError(msg, step="signature")
        one = _map(signatures[0])
        node = _bytes(one.get("identity"))
        keys = self._nodes.get(canister) or self._node_keys(canister, until)
        der = keys.get(node) or self._node_keys(canister, until).get(node)  # nodes come and go
        if der is None or not _is_signed(said, one, made.request_id, der) or not self._is_fresh(one.get("timestamp")):
            msg = "the answer to a query is not signed by a node of the canister's subnet, or it is old"
            raise CertificateError(msg, step="signature")

    def _is_fresh(self, timestamp: object) -> bool:
        return isinstance(timestamp, int) and abs(timestamp - self._clock()) <= MAX_AGE

    def _node_keys(self, canister: bytes, until: float) -> dict[bytes, bytes]:
        tree = self.read_state(canister, [[b"subnet"]], wait=max(0.1, until - time.monotonic()))
        found: dict[bytes, bytes] = {}
        for subnet in tree.children(b"subnet"):
            for node in tree.children(b"subnet", subnet, b"node"):
                key = tree.lookup(b"subnet", subnet, b"node", node, b"public_key")
                if isinstance(key, Found):
                    found[node] = key.value
        self._nodes[canister] = found
        return found

    # Certified reads.

    def read_state(self, canister: bytes, paths: Sequence[Sequence[bytes]], *, wait: float = ASK) -> Tree:
        """Return a proven tree that shows the paths. Raises NetworkError, CertificateError."""
        return self.proven(self.certificate(canister, paths, wait=wait), canister)

    def certificate(self, canister: bytes, paths: Sequence[Sequence[bytes]], *, wait: float = ASK) -> bytes:
        """Return a certificate that shows the paths, as it came: `proven` checks it. Raises NetworkError."""
        until = time.monotonic() + wait
        made = request.read_state(self.identity, paths, now=self._clock())
        said = _answer(self._asked("read_state", canister, made.data, until), self.transport.url)
        return _bytes(said.get("certificate"))

    def proven(self, certificate: bytes, canister: bytes) -> Tree:
        """Return the tree of a certificate about a canister. Raises CertificateError."""
        tree = verified(certificate, root_key=self.root_key, canister=canister, now=self._clock())
        stamp = tree.lookup(b"time")
        told = nat(stamp.value) if isinstance(stamp, Found) else 0
        if told + MAX_AGE < self._latest:
            msg = "the certificate is older than one that came before it"
            raise CertificateError(msg, step="time")
        self._latest = max(self._latest, told)
        return tree

    def _asked(self, action: str, canister: bytes, body: bytes, until: float) -> Response:
        """Ask what may be asked again. Raises NetworkError."""
        for attempt in range(_TRIES):
            try:
                response = self._versioned(action, canister, body, until)
            except NetworkError:
                if attempt == _TRIES - 1 or not self._pause(attempt, until):
                    raise
                continue
            if response.status in _BUSY and attempt < _TRIES - 1 and self._pause(attempt, until):
                continue
            return response
        raise AssertionError  # the last attempt returned or raised

    def _versioned(self, action: str, canister: bytes, body: bytes, until: float) -> Response:
        """Ask by the best version of the interface that the network has."""
        versions = self._calls if action == "call" else self._reads
        for version in versions:
            path = f"/api/v{version}/canister/{Principal(canister)}/{action}"
            response = self.transport.post(path, body, until=until)
            if response.status not in _NO_PATH or version == versions[-1]:
                kept = tuple(one for one in versions if one <= version)
                if action == "call":
                    self._calls = kept
                else:
                    self._reads = kept
                return response
        raise AssertionError  # the last version returned

    @staticmethod
    def _pause(attempt: int, until: float) -> bool:
        """Wait before asking again, not in step with others; tell whether there is time."""
        seconds = random.uniform(0.5, 1.0) * 2**attempt * _FIRST  # noqa: S311 - no secret
        if time.monotonic() + seconds >= until:
            return False
        time.sleep(seconds)
        return True

    # Calls.

    def prepare(
        self,
        canister: bytes,
        method: str,
        arg: bytes,
        *,
        effective: bytes | None = None,
        lasts: int = request.MAX_EXPIRY,
    ) -> SignedCall:
        """Return a call that is signed and not sent. effective: the canister of the URL, where it is another."""
        made = request.call(self.identity, canister, method, arg, now=self._clock(), lasts=lasts)
        return SignedCall(made, canister if effective is None else effective, canister, method)

    def submit(self, signed: SignedCall, *, wait: float = ASK) -> Status | None:
        """Hand a call over; return its outcome where that comes with the answer, None: ask `status`.

        Raises Rejected (not certified), Refused: somebody says that it was not taken in. NetworkError with `ran`: `no`,
        it did not arrive; `unknown`, send the same again, or ask `status`.
        """
        until = time.monotonic() + wait
        response = self._versioned("call", signed.effective, signed.envelope.data, until)
        if response.status == HTTPStatus.ACCEPTED:
            return None
        if response.status != HTTPStatus.OK:
            msg = f"HTTP {response.status}: {response.text or 'no reason given'}"
            is_final = HTTPStatus.BAD_REQUEST <= response.status < HTTPStatus.INTERNAL_SERVER_ERROR
            kind = Refused if is_final and response.status not in _BUSY else NetworkError
            raise kind(msg, ran="unknown", where=self.transport.url)
        said = _answer(response, self.transport.url)
        if "certificate" in said:
            tree = self.proven(_bytes(said["certificate"]), signed.effective)
            status = self._status_in(tree, signed)
            return status if status.word in ("replied", "rejected", "done") else None
        raise _reject(said, certified=False)

    def status(self, signed: SignedCall, *, wait: float = ASK) -> Status:
        """Return how far a call is, certified. Only who made it may ask. Raises NetworkError, CertificateError."""
        # Only the subnet that has the canister shows its controllers: another one truly knows nothing of the call.
        theirs = [b"canister", signed.effective, b"controllers"]
        tree = self.read_state(signed.effective, [[b"request_status", signed.envelope.request_id], theirs], wait=wait)
        return self._status_in(tree, signed)._replace(here=isinstance(tree.lookup(*theirs), Found))

    @staticmethod
    def _status_in(tree: Tree, signed: SignedCall) -> Status:
        path = (b"request_status", signed.envelope.request_id)
        stamp = tree.lookup(b"time")
        now = nat(stamp.value) if isinstance(stamp, Found) else 0
        word = tree.lookup(*path, b"status")
        if isinstance(word, Unknown):
            msg = "the certificate does not show the call"
            raise CertificateError(msg, step="form")
        if isinstance(word, Absent):
            return Status("unknown", now)
        if word.value == b"replied":
            return Status("replied", now, reply=_found(tree, path, b"reply"))
        if word.value == b"rejected":
            code, text = nat(_found(tree, path, b"reject_code")), _found(tree, path, b"reject_message")
            error_code = tree.lookup(*path, b"error_code")
            name = error_code.value.decode("utf-8", "replace") if isinstance(error_code, Found) else ""
            return Status("rejected", now, reject=Rejected(code, name, text.decode("utf-8", "replace"), certified=True))
        return Status(word.value.decode("ascii", "replace"), now)

    def outcome(self, signed: SignedCall, *, wait: float = WAIT) -> bytes:
        """Wait for the outcome of a call that was sent, and return its reply.

        Raises Rejected. NetworkError with `ran`: `no`, it is proven that it never ran and never will; `yes`, it ended
        and the outcome is forgotten; `unknown`, there is none in time.
        """
        until, pause = time.monotonic() + wait, _FIRST
        while True:
            try:
                status = self.status(signed, wait=max(0.1, min(ASK, until - time.monotonic())))
            except CertificateError:
                raise
            except NetworkError as error:
                if time.monotonic() + pause >= until:
                    msg = f"nobody tells what became of the call: {error.what}"
                    raise NetworkError(msg, ran="unknown", where=error.where, hint=error.hint) from None
            else:
                if status.word == "replied":
                    return status.reply
                if status.reject is not None:
                    raise status.reject
                if status.word == "done":
                    msg = "the call ended, and the network has forgotten how"
                    raise NetworkError(msg, ran="yes", where=self.transport.url)
                if never_ran(status, signed):
                    msg = "the network did not take the call in before it expired: it never ran"
                    raise NetworkError(msg, ran="no", where=self.transport.url)
                if time.monotonic() + pause >= until:
                    msg = f"the call is still {status.word} after {wait:.0f} seconds"
                    raise NetworkError(msg, ran="unknown", where=self.transport.url)
            time.sleep(pause * random.uniform(0.75, 1.0))  # noqa: S311 - not in step with others
            pause = min(pause * 1.5, _LAST)

    def call(
        self, canister: bytes, method: str, arg: bytes, *, effective: bytes | None = None, wait: float = WAIT
    ) -> bytes:
        """Make a call and return its certified reply. Raises Rejected, NetworkError, CertificateError."""
        return self.settle(self.prepare(canister, method, arg, effective=effective), wait=wait)

    def settle(self, signed: SignedCall, *, wait: float = WAIT) -> bytes:
        """Send a call, again where it may not have arrived, and return its certified reply.

        Raises as `outcome`, and Rejected (not certified) or Refused with `ran`: `unknown`, somebody says that the call
        was not taken in, at the first attempt; `no`, that is proven by now.
        """
        until = time.monotonic() + wait
        refused: NetworkError | None = None
        may_run = False  # an earlier attempt may have arrived: what is said of a later one is not the whole of it
        for attempt in range(_TRIES):
            try:
                status = self.submit(signed, wait=min(ASK, until - time.monotonic()))
            except CertificateError:
                raise
            except (Rejected, Refused) as error:
                refused = error
                break
            except NetworkError as error:
                # The same bytes are the same request: it does not run twice.
                refused, may_run = error, may_run or error.ran == "unknown"
                if attempt == _TRIES - 1 or not self._pause(attempt, until):
                    break
                continue
            if status is not None and status.word == "replied":
                return status.reply
            if status is not None and status.reject is not None:
                raise status.reject
            refused = None
            break
        if refused is not None and not may_run:
            raise refused
        try:
            return self.outcome(signed, wait=max(0.1, until - time.monotonic()))
        except NetworkError as error:
            if refused is None or error.ran != "no":
                raise
            refused.ran = "no"
            raise refused from None


def _is_signed(said: Mapping[str, Any], signature: Mapping[str, Any], request_id: bytes, der: bytes) -> bool:
    """Tell whether an answer to a query is signed with a node's key (DER of Ed25519). Spec, "Response signature"."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - for answers alone
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    fields = {key: said[key] for key in _SIGNED if key in said}
    fields |= {"timestamp": signature.get("timestamp"), "request_id": request_id}
    try:
        hashed = b"\x0bic-response" + request.request_id(fields)
        Ed25519PublicKey.from_public_bytes(der[-_ED25519:]).verify(_bytes(signature.get("signature")), hashed)
    except (InvalidSignature, ValueError, TypeError, AttributeError):
        return False
    return True


def never_ran(status: Status, signed: SignedCall) -> bool:
    """Tell whether it is proven that a call did not run and never will.

    The subnet of the canister does not know it at a certified time after its expiry, and by no more than the five
    minutes for which it remembers.
    """
    expiry = signed.envelope.expiry
    return status.word == "unknown" and status.here and expiry < status.time <= expiry + MAX_AGE


def fetch_root_key(transport: Transport, *, wait: float = ASK) -> bytes:
    """Return the root key (DER) that a local network tells. Raises NetworkError; of one that is not local, always.

    Of any other network it must be known: whoever answers could name a key of its own.
    """
    if not transport.is_local:
        msg = "the root key of a network that is not on this machine must be given"
        raise NetworkError(msg, where=transport.url, hint="--root-key HEX")
    said = _answer(transport.get("/api/v2/status", until=time.monotonic() + wait), transport.url)
    key = _bytes(said.get("root_key"))
    try:
        raw_key(key)
    except ValueError:
        msg = "it tells no root key of a network"
        raise NetworkError(msg, ran="no", where=transport.url, hint="is this the URL of a local network?") from None
    return key


def _found(tree: Tree, path: tuple[bytes, ...], field: bytes) -> bytes:
    found = tree.lookup(*path, field)
    if not isinstance(found, Found):
        msg = f"the certificate does not show the {field.decode()} of the call"
        raise CertificateError(msg, step="form")
    return found.value


def _answer(response: Response, url: str) -> Mapping[str, Any]:
    if response.status != HTTPStatus.OK:
        msg = f"HTTP {response.status}: {response.text or 'no reason given'}"
        raise NetworkError(msg, where=url)
    try:
        return _map(decode(response.body))
    except Malformed as error:
        raise CertificateError(str(error), step="form", where=url) from None


def _map(value: object) -> Mapping[str, Any]:
    from collections.abc import Mapping as AnyMapping  # noqa: PLC0415 - for this alone

    if not isinstance(value, AnyMapping):
        msg = "the answer has another form than answers have"
        raise CertificateError(msg, step="form")
    return value


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        msg = "the answer has another form than answers have"
        raise CertificateError(msg, step="form")
    return value


def _reject(said: Mapping[str, Any], *, certified: bool) -> Rejected:
    code, message, error_code = said.get("reject_code"), said.get("reject_message"), said.get("error_code")
    if not isinstance(code, int) or not isinstance(message, str) or not 1 <= code <= _CODES:
        msg = "the answer has another form than answers have"
        raise CertificateError(msg, step="form")
    return Rejected(code, error_code if isinstance(error_code, str) else "", message, certified=certified)
