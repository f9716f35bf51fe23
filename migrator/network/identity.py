"""Who calls: keys that sign requests. No key is ever part of a text that is printed, logged or written.

ic-py 1.0.1 signs with Ed25519 and secp256k1. Its identities print their keys in `repr`, so that none of them leaves
this module; PEM is read, and P-256 is signed, by cryptography.
"""

from __future__ import annotations

from hashlib import sha224
from typing import TYPE_CHECKING, NamedTuple, Protocol

from analyzer.candid.principal import Principal
from analyzer.errors import SourceError
from migrator.network.pkcs8 import ed25519_seed, opened_seed

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

_ANONYMOUS = b"\x04"
_SELF_AUTHENTICATING = b"\x02"  # the last byte of a principal that is the hash of a key
_WIDTH = 32  # bytes of each half of an ECDSA signature


class Identity(Protocol):
    """A caller. sender: the principal. public_key: DER; None of who signs nothing."""

    @property
    def sender(self) -> bytes:
        """The principal's bytes."""

    @property
    def public_key(self) -> bytes | None:
        """The key that signatures are checked with, in DER."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message."""


class Anonymous(NamedTuple):
    """Who calls without a key, `2vxsx-fae`."""

    sender: bytes = _ANONYMOUS
    public_key: bytes | None = None

    def sign(self, _message: bytes) -> bytes:
        """Return nothing: nobody signs."""
        return b""


class Key:
    """A key of a person. kind: `ed25519`, `secp256k1` or `p256`."""

    __slots__ = ("_sign", "kind", "public_key", "sender")

    def __init__(self, kind: str, public_key: bytes, sign: Callable[[bytes], bytes]) -> None:
        self.kind = kind
        self.public_key = public_key
        self.sender = sha224(public_key).digest() + _SELF_AUTHENTICATING
        self._sign = sign

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message: 64 bytes."""
        return self._sign(message)

    def __repr__(self) -> str:
        return f"Key({self.kind}, {Principal(self.sender)})"


def new_key() -> Key:
    """Return a new Ed25519 key, which nobody keeps."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - see below

    return _key(Ed25519PrivateKey.generate(), "a new key")


def from_pem(pem: bytes, where: str, *, password: Callable[[], bytes] | None = None) -> Key:
    """Return the key of a PEM text. where: the file, for errors, which tell none of its content. password: asks for it.

    Raises SourceError: no key, one that does not open, or one of a kind that the network does not take.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - takes time to load
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        found: object = load_pem_private_key(pem, password=None)
    except TypeError:
        if password is None:
            msg = "this key is encrypted"
            hint = "--identity-password-file FILE, or --identity-command 'icp identity export NAME'"
            raise SourceError(msg, where=where, hint=hint) from None
        found = _opened(pem, where, password())
    except UnsupportedAlgorithm:
        raise _other_kind(where) from None
    except ValueError:
        seed = ed25519_seed(pem)
        if seed is None:
            msg = "this holds no private key in PEM"
            raise SourceError(msg, where=where) from None
        return _of_ic("ed25519", seed)
    return _key(found, where)


def _opened(pem: bytes, where: str, password: bytes) -> object:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - see above

    try:
        return load_pem_private_key(pem, password=password)
    except UnsupportedAlgorithm:
        raise _other_kind(where) from None
    except (ValueError, TypeError):
        seed = opened_seed(pem, password)
        if seed is not None:
            return Ed25519PrivateKey.from_private_bytes(seed)
        msg = "the password is not the one of this key"
        raise SourceError(msg, where=where) from None


def _key(found: object, where: str) -> Key:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519  # noqa: PLC0415

    if isinstance(found, ed25519.Ed25519PrivateKey):
        return _of_ic("ed25519", found.private_bytes_raw())
    if isinstance(found, ec.EllipticCurvePrivateKey) and found.curve.name == "secp256k1":
        return _of_ic("secp256k1", found.private_numbers().private_value.to_bytes(_WIDTH, "big"))
    if isinstance(found, ec.EllipticCurvePrivateKey) and found.curve.name == "secp256r1":
        return _p256(found)
    raise _other_kind(where)


def _other_kind(where: str) -> SourceError:
    msg = "the Internet Computer takes keys of Ed25519, secp256k1 and P-256, and this is none of them"
    return SourceError(msg, where=where)


def _of_ic(kind: str, private: bytes) -> Key:
    from ic.identity import Identity as ICIdentity  # noqa: PLC0415 - loading ic-py takes as long as a comparison

    inner = ICIdentity(privkey=private.hex(), type=kind)

    def sign(message: bytes) -> bytes:
        signature: bytes = inner.sign(message)[1]
        return signature

    return Key(kind, inner.der_pubkey, sign)


def _p256(private: EllipticCurvePrivateKey) -> Key:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    def sign(message: bytes) -> bytes:
        halves = decode_dss_signature(private.sign(message, ec.ECDSA(SHA256())))
        return b"".join(half.to_bytes(_WIDTH, "big") for half in halves)

    der = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Key("p256", der, sign)
