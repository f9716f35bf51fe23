"""Senders that sign as a client does, or wrongly on purpose; and plain HTTP to send it."""

from __future__ import annotations

import hashlib
import http.client
import os
import time
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from analyzer.candid.principal import Principal
from replica.requests.hashing import hash_of_map
from tests.replica.gateway.echo import ECHO

Fields: TypeAlias = dict[str, Any]

MINUTE = 60 * 10**9
ANONYMOUS = b"\x04"


def now() -> int:
    return time.time_ns()


def content(kind: str = "call", **changes: object) -> Fields:
    """Return the content of a good request; a change of None leaves a field out."""
    fields: Fields = {"request_type": kind, "ingress_expiry": now() + 4 * MINUTE, "sender": ANONYMOUS}
    fields["nonce"] = os.urandom(16)
    if kind == "read_state":
        fields["paths"] = [[b"time"]]
    else:
        fields |= {"canister_id": ECHO.raw, "method_name": "echo", "arg": b"DIDL\0\0"}
    fields |= changes
    return {name: value for name, value in fields.items() if value is not None}


@dataclass
class Sender:
    """A key of a kind: ed25519, p256, secp256k1."""

    kind: str = "ed25519"
    key: Any = field(init=False)

    def __post_init__(self) -> None:
        curves = {"p256": ec.SECP256R1(), "secp256k1": ec.SECP256K1(), "p384": ec.SECP384R1()}
        self.key = (
            Ed25519PrivateKey.generate() if self.kind == "ed25519" else ec.generate_private_key(curves[self.kind])
        )

    @property
    def der(self) -> bytes:
        der: bytes = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return der

    @property
    def principal(self) -> Principal:
        return Principal(hashlib.sha224(self.der).digest() + b"\x02")

    def sign(self, message: bytes) -> bytes:
        if self.kind == "ed25519":
            signature: bytes = self.key.sign(message)
            return signature
        r, s = decode_dss_signature(self.key.sign(message, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def envelope(self, fields: Fields, *, chain: list[Fields] | None = None, root: Sender | None = None) -> Fields:
        """Sign a content in the name of `root`, whose delegations end with this key, or of this sender alone."""
        root = root or self
        fields = {**fields, "sender": root.principal.raw}
        made = {"content": fields, "sender_pubkey": root.der}
        made["sender_sig"] = self.sign(b"\x0aic-request" + hash_of_map(fields))
        return made | ({"sender_delegation": chain} if chain is not None else {})

    def delegate(self, other: Sender, *, expiration: int | None = None, **more: object) -> Fields:
        delegation: Fields = {"pubkey": other.der, "expiration": expiration or now() + 60 * MINUTE, **more}
        signature = self.sign(b"\x1aic-request-auth-delegation" + hash_of_map(delegation))
        return {"delegation": delegation, "signature": signature}


def encoded(envelope: Fields) -> bytes:
    return cbor2.dumps(cbor2.CBORTag(55799, envelope))


def anonymous(fields: Fields) -> bytes:
    return encoded({"content": fields})


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes
    headers: dict[str, str]

    def fields(self) -> Any:  # noqa: ANN401 whatever the answer holds
        return cbor2.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(url: str, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Response:
    """Send one request over a connection of its own."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.request(method, path, body, {"content-type": "application/cbor"} if headers is None else headers)
        answer = connection.getresponse()
        return Response(answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()})
    finally:
        connection.close()


def post(url: str, path: str, body: bytes) -> Response:
    return ask(url, "POST", path, body)


def call_path(version: int = 4, canister: Principal = ECHO) -> str:
    return f"/api/v{version}/canister/{canister}/call"


def query_path(version: int = 3, canister: Principal = ECHO) -> str:
    return f"/api/v{version}/canister/{canister}/query"


def state_path(version: int = 3, canister: Principal = ECHO) -> str:
    return f"/api/v{version}/canister/{canister}/read_state"


def leaves(certificate: bytes) -> dict[tuple[bytes, ...], bytes]:
    """Return the values of a certificate by their paths, unverified: agent-js verifies, see test_agent_js."""
    found: dict[tuple[bytes, ...], bytes] = {}

    def walk(node: Any, path: tuple[bytes, ...]) -> None:  # noqa: ANN401 nested arrays
        match node[0]:
            case 1:
                walk(node[1], path)
                walk(node[2], path)
            case 2:
                walk(node[2], (*path, node[1]))
            case 3:
                found[path] = node[1]

    walk(cbor2.loads(certificate)["tree"], ())
    return found
