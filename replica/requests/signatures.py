"""Checking the signatures of senders: Ed25519, and ECDSA on P-256 and secp256k1. Interface spec, "Signatures".

Not supported: web authentication and canister signatures.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256K1, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

SIZE = 64  # bytes, of all three
_HALF = SIZE // 2
_MAX_KEY = 200  # bytes of DER; the longest here has 91. RSA keys, which are slow to check, are not even parsed


class Forged(ValueError):
    """The signature is not by the key, or the key is of no kind that is checked here."""


def verify(public_der: bytes, signature: bytes, message: bytes) -> None:
    """Check that the key signed the message, which carries its domain separator. Raises Forged with the reason."""
    key = _loaded(public_der)
    if len(signature) != SIZE:
        msg = f"a signature has {SIZE} bytes, not {len(signature)}"
        raise Forged(msg)
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, message)
        else:
            r, s = (int.from_bytes(half, "big") for half in (signature[:_HALF], signature[_HALF:]))
            key.verify(encode_dss_signature(r, s), message, ECDSA(SHA256()))
    except InvalidSignature:
        msg = "the signature does not verify"
        raise Forged(msg) from None


def _loaded(public_der: bytes) -> Ed25519PublicKey | EllipticCurvePublicKey:
    try:
        key = load_der_public_key(public_der) if len(public_der) <= _MAX_KEY else None
    except (ValueError, UnsupportedAlgorithm):
        key = None
    known = isinstance(key, Ed25519PublicKey) or (
        isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256K1 | SECP256R1)
    )
    if not known or not isinstance(key, Ed25519PublicKey | EllipticCurvePublicKey):
        msg = "the key is no DER of an Ed25519, P-256 or secp256k1 key"
        raise Forged(msg)
    # A principal is the hash of these bytes: a second spelling of one key would be a second principal. It also
    # refuses points in compressed form, as the spec does.
    if key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != public_der:
        msg = "the key is not in its one DER form, with the point uncompressed"
        raise Forged(msg)
    return key
