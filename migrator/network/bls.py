"""BLS signatures of the Internet Computer: BLS12-381 with signatures in G1 (48 bytes) and keys in G2 (96 bytes).

Interface spec 0.66, "Certification"; the domain of hashing is that of its ciphersuite.
"""

from __future__ import annotations

from functools import lru_cache

from py_arkworks_bls12381 import GT, G1Point, G2Point

SIGNATURE, KEY = 48, 96  # bytes, compressed
_DOMAIN = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
_DER = bytes.fromhex("308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100")
_INFINITY = 0x40  # the flag, in the first byte, of the point that every signature would fit


def raw_key(der: bytes) -> bytes:
    """Return the 96 bytes of a public key in DER. Raises ValueError."""
    if len(der) != len(_DER) + KEY or not der.startswith(_DER):
        msg = "this is no BLS key of the Internet Computer, in DER"
        raise ValueError(msg)
    return der[len(_DER) :]


def der_key(raw: bytes) -> bytes:
    """Return a public key of 96 bytes in DER."""
    return _DER + raw


def is_signed(message: bytes, signature: bytes, key: bytes) -> bool:
    """Tell whether a signature is by a key. Bytes that are no points of the right groups are no signature."""
    if len(signature) != SIGNATURE or len(key) != KEY or signature[0] & _INFINITY or key[0] & _INFINITY:
        return False
    try:
        point, public = G1Point.from_compressed_bytes(signature), _key(key)
    except ValueError:
        return False
    hashed = G1Point.hash_to_curve(message, _DOMAIN)  # the message comes first
    return bool(GT.pairing_check([point, hashed], [-G2Point(), public]))


@lru_cache(maxsize=64)
def _key(key: bytes) -> G2Point:
    return G2Point.from_compressed_bytes(key)
