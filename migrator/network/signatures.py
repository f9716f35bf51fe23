"""Signatures of people, checked with the keys that they show: Ed25519, secp256k1 and P-256, as the network takes them.

Interface spec 0.66, "Signatures".
"""

from __future__ import annotations

from hashlib import sha224

_WIDTH = 32  # bytes of each half of an ECDSA signature
_SELF_AUTHENTICATING = b"\x02"


def principal_of(public_key: bytes) -> bytes:
    """Return the principal of a key (DER)."""
    return sha224(public_key).digest() + _SELF_AUTHENTICATING


def is_signed_by(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether a message is signed with a key (DER). signature: 64 bytes."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415 - takes time to load
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415

    if len(signature) != 2 * _WIDTH:
        return False
    try:
        key = load_der_public_key(public_key)
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, message)
            return True
        if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in ("secp256k1", "secp256r1"):
            halves = (int.from_bytes(signature[:_WIDTH], "big"), int.from_bytes(signature[_WIDTH:], "big"))
            key.verify(encode_dss_signature(*halves), message, ec.ECDSA(SHA256()))
            return True
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return False
