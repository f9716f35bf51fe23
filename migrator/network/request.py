"""Requests: what is asked, its id, and the signed envelope that is sent.

An envelope is made, can be written down, and is sent after that: the same bytes sent again are the same request.
Interface spec 0.66, "HTTPS interface", "Request id" and "Authentication".
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import cbor2

if TYPE_CHECKING:
    from migrator.network.identity import Identity

MAX_EXPIRY = 4 * 60 * 1_000_000_000  # ns from now: the network takes five minutes, and clocks differ
_REQUEST = b"\x0aic-request"
_TAG = 55799
_NONCE = 16  # bytes

Value: TypeAlias = "bytes | str | int | Sequence[Value] | Mapping[str, Value]"


class Envelope(NamedTuple):
    """A signed request. data: CBOR, as it is sent. request_id: 32 bytes. expiry: ns since epoch, its last moment."""

    data: bytes
    request_id: bytes
    expiry: int


def call(
    identity: Identity, canister: bytes, method: str, arg: bytes, *, now: int, lasts: int = MAX_EXPIRY
) -> Envelope:
    """Return a call of an update method. canister: its id. now: ns since epoch. lasts: ns until it may run no more."""
    return _signed(identity, _calling("call", canister, method, arg), now + lasts)


def query(
    identity: Identity, canister: bytes, method: str, arg: bytes, *, now: int, lasts: int = MAX_EXPIRY
) -> Envelope:
    """Return a call of a query method, which one replica answers. The arguments are those of `call`."""
    return _signed(identity, _calling("query", canister, method, arg), now + lasts)


def read_state(identity: Identity, paths: Sequence[Sequence[bytes]], *, now: int, lasts: int = MAX_EXPIRY) -> Envelope:
    """Return a request for a certificate that shows paths of the state."""
    content: dict[str, Value] = {"request_type": "read_state", "paths": [list(path) for path in paths]}
    return _signed(identity, content, now + lasts)


def _calling(kind: str, canister: bytes, method: str, arg: bytes) -> dict[str, Value]:
    # Without a nonce two equal calls of one moment would be one.
    nonce = os.urandom(_NONCE)
    return {"request_type": kind, "canister_id": canister, "method_name": method, "arg": arg, "nonce": nonce}


def _signed(identity: Identity, content: dict[str, Value], expiry: int) -> Envelope:
    content |= {"sender": identity.sender, "ingress_expiry": expiry}
    name = request_id(content)
    envelope: dict[str, object] = {"content": content}
    if identity.public_key is not None:
        envelope |= {"sender_pubkey": identity.public_key, "sender_sig": identity.sign(_REQUEST + name)}
    return Envelope(cbor2.dumps(cbor2.CBORTag(_TAG, envelope)), name, expiry)


def request_id(content: Mapping[str, Any]) -> bytes:
    """Return the id of a request, or the hash of an answer: of what it says, in whatever form that is written."""
    pairs = sorted(sha256(key.encode()).digest() + _hash(value) for key, value in content.items())
    return sha256(b"".join(pairs)).digest()


def _hash(value: Value) -> bytes:
    if isinstance(value, Mapping):
        return request_id(value)
    if isinstance(value, (list, tuple)):
        return sha256(b"".join(map(_hash, value))).digest()
    if isinstance(value, int):
        return sha256(leb128(value)).digest()
    if isinstance(value, str):
        value = value.encode()
    if not isinstance(value, bytes):
        msg = "requests and answers have no such value"
        raise TypeError(msg)
    return sha256(value).digest()


def leb128(value: int) -> bytes:
    """Return a natural number as unsigned LEB128."""
    out = bytearray()
    while value >= 0x80:  # noqa: PLR2004 - seven bits a byte
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
