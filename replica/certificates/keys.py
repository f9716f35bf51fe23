"""The keys of a subnet and of its one node. All follow from a seed: a restart keeps the root key."""

from __future__ import annotations

import hashlib
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_arkworks_bls12381 import G1Point, G2Point, Scalar

from analyzer.candid.principal import Principal

# Interface spec, "Certificate": the algorithm and curve of a BLS key, before its 96 bytes.
BLS_DER = bytes.fromhex("308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100")
BLS_SUITE = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
_SELF_AUTHENTICATING = b"\x02"


def self_authenticating(public_der: bytes) -> Principal:
    """Return the principal of whoever holds the key. Interface spec, "Special forms of Principals"."""
    return Principal(hashlib.sha224(public_der).digest() + _SELF_AUTHENTICATING)


def _derived(seed: bytes, purpose: bytes, size: int) -> bytes:
    return hashlib.shake_256(len(purpose).to_bytes(1, "big") + purpose + seed).digest(size)


class SubnetKey:
    """A BLS12-381 key that signs certificates: 48-byte signatures in G1, public key in G2."""

    def __init__(self, seed: bytes, purpose: str) -> None:
        # 48 bytes reduced modulo the 32-byte order: no value is more likely than another.
        self._secret = Scalar.from_be_bytes_mod_order(_derived(seed, purpose.encode(), 48))

    @cached_property
    def public_der(self) -> bytes:
        """133 bytes; icp-cli takes no other length."""
        return BLS_DER + bytes((G2Point() * self._secret).to_compressed_bytes())

    def sign(self, message: bytes) -> bytes:
        """Return the 48-byte signature of a message that carries its domain separator."""
        # The message comes first. The other way round also signs and verifies with itself, and fails in every client.
        return bytes((G1Point.hash_to_curve(message, BLS_SUITE) * self._secret).to_compressed_bytes())


class NodeKey:
    """An Ed25519 key that signs the answers to queries."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(_derived(seed, b"node", 32))
        self.public_der = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.principal = self_authenticating(self.public_der)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of a message that carries its domain separator."""
        return self._key.sign(message)
