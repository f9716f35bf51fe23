"""A request and who says that it is theirs, as typed values. Interface spec, "Authentication"; `requests.cddl`.

Read, not yet believed: see `authenticate`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from analyzer.candid.principal import Principal
from replica.requests.cbor import Malformed, read
from replica.requests.hashing import hash_of_map

if TYPE_CHECKING:
    from replica.requests.cbor import Item

MAX_NONCE = 32  # bytes
MAX_DELEGATIONS = 20
MAX_TARGETS = 1000  # of one delegation
MAX_PATHS = 1000
MAX_LABELS = 127  # of one path

Kind: TypeAlias = Literal["call", "query", "read_state"]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Delegation:
    """A key lets another key sign. key: DER. expiration: ns since 1970. targets: canisters, None for all.

    queries_only: not for calls. digest: what was signed, 32 bytes. signature: by the key before it in the chain.
    """

    key: bytes
    expiration: int
    targets: frozenset[Principal] | None
    queries_only: bool
    digest: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Content:
    """What every request has. expiry: ns since 1970. id: the 32-byte request id."""

    id: bytes
    sender: Principal
    expiry: int


@dataclass(frozen=True, slots=True)
class Invocation(Content):
    """A call or a query of a method of a canister; `aaaaa-aa` is the management canister."""

    canister: Principal
    method: str
    arg: bytes


@dataclass(frozen=True, slots=True)
class ReadState(Content):
    """A question about the state tree. paths: of labels."""

    paths: tuple[tuple[bytes, ...], ...]


@dataclass(frozen=True, slots=True)
class Envelope:
    """content: what is asked. key (DER), signature, delegations: who asks, all absent for the anonymous sender."""

    content: Invocation | ReadState
    key: bytes | None
    signature: bytes | None
    delegations: tuple[Delegation, ...]


def read_envelope(body: bytes, kind: Kind) -> Envelope:
    """Return what a body of a request of this kind says. Raises Malformed, whatever the bytes are."""
    envelope = _map(read(body), "the envelope")
    content = _map(envelope.get("content"), "content")
    if content.get("request_type") != kind:
        msg = f'request_type must be "{kind}" here'
        raise Malformed(msg)
    if content.get("sender_info") is not None:
        # It is proven by a canister signature, which this replica does not check: to pass it on would be to believe it.
        msg = "sender_info is not supported: it needs canister signatures"
        raise Malformed(msg)
    nonce = _optional(content, "nonce", bytes)
    if nonce is not None and len(nonce) > MAX_NONCE:
        msg = f"nonce has {len(nonce)} bytes, more than {MAX_NONCE}"
        raise Malformed(msg)
    return Envelope(
        _read_state(content) if kind == "read_state" else _invocation(content),
        _optional(envelope, "sender_pubkey", bytes),
        _optional(envelope, "sender_sig", bytes),
        _delegations(_optional(envelope, "sender_delegation", list)),
    )


def _invocation(content: dict[str, Item]) -> Invocation:
    return Invocation(
        _id(content),
        _principal(_field(content, "sender", bytes), "sender"),
        _natural(content, "ingress_expiry"),
        _principal(_field(content, "canister_id", bytes), "canister_id"),
        _field(content, "method_name", str),
        _field(content, "arg", bytes),
    )


def _read_state(content: dict[str, Item]) -> ReadState:
    paths = _field(content, "paths", list)
    if len(paths) > MAX_PATHS:
        msg = f"{len(paths)} paths, more than {MAX_PATHS}"
        raise Malformed(msg)
    return ReadState(
        _id(content),
        _principal(_field(content, "sender", bytes), "sender"),
        _natural(content, "ingress_expiry"),
        tuple(_path(path) for path in paths),
    )


def _path(path: Item) -> tuple[bytes, ...]:
    if not isinstance(path, list) or len(path) > MAX_LABELS:
        msg = f"a path is a list of at most {MAX_LABELS} labels"
        raise Malformed(msg)
    return tuple(_is(label, bytes, "a label of a path") for label in path)


def _delegations(chain: list[Item] | None) -> tuple[Delegation, ...]:
    if chain is None:
        return ()
    if len(chain) > MAX_DELEGATIONS:
        msg = f"{len(chain)} delegations, more than {MAX_DELEGATIONS}"
        raise Malformed(msg)
    return tuple(_delegation(_map(signed, "a delegation")) for signed in chain)


def _delegation(signed: dict[str, Item]) -> Delegation:
    delegation = _map(signed.get("delegation"), "delegation")
    targets = _optional(delegation, "targets", list)
    if targets is not None and len(targets) > MAX_TARGETS:
        msg = f"a delegation for {len(targets)} targets, more than {MAX_TARGETS}"
        raise Malformed(msg)
    permissions = _optional(delegation, "permissions", str)
    if permissions not in {None, "all", "queries"}:
        msg = f"a delegation with the unknown permissions {permissions!r:.40}"
        raise Malformed(msg)
    return Delegation(
        _field(delegation, "pubkey", bytes),
        _natural(delegation, "expiration"),
        None if targets is None else frozenset(_principal(_is(one, bytes, "a target"), "a target") for one in targets),
        permissions == "queries",
        _id(delegation),
        _field(signed, "signature", bytes),
    )


def _id(fields: dict[str, Item]) -> bytes:
    try:
        return hash_of_map(fields)
    except ValueError as error:
        msg = f"the request has no id: {error}"
        raise Malformed(msg) from error


def _map(value: Item, what: str) -> dict[str, Item]:
    if not isinstance(value, dict):
        msg = f"{what} must be a map"
        raise Malformed(msg)
    return value


def _is(value: Item, kind: type[_T], what: str) -> _T:
    if not isinstance(value, kind) or isinstance(value, bool):
        msg = f"{what} must be {'text' if kind is str else kind.__name__}"
        raise Malformed(msg)
    return value


def _field(fields: dict[str, Item], name: str, kind: type[_T]) -> _T:
    return _is(fields.get(name), kind, name)


def _optional(fields: dict[str, Item], name: str, kind: type[_T]) -> _T | None:
    """Return a field or None. ic-py writes null for what the anonymous sender does not have."""
    return None if fields.get(name) is None else _field(fields, name, kind)


def _natural(fields: dict[str, Item], name: str) -> int:
    number = _field(fields, name, int)
    if number < 0:
        msg = f"{name} is negative"
        raise Malformed(msg)
    return number


def _principal(raw: bytes, what: str) -> Principal:
    try:
        return Principal(raw)
    except ValueError as error:
        msg = f"{what}: {error}"
        raise Malformed(msg) from error
