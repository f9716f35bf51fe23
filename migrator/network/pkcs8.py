"""Private keys in the form that icp-cli gives those of Ed25519: PKCS#8 of version 2, with the public key attached.

RFC 5958 and 8410; encrypted by PBES2 with scrypt and AES-256-CBC (RFC 7914), as icp-cli 1.5.0 does it. cryptography
reads version 1 alone. The older form of ring, in which dfx once wrote, differs in how the public key is attached.
"""

from __future__ import annotations

import base64
import binascii
import re

_PEM = re.compile(
    rb"-----BEGIN (?:ENCRYPTED )?PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END (?:ENCRYPTED )?PRIVATE KEY-----"
)
_SEQUENCE, _INTEGER, _OCTETS, _OBJECT = 0x30, 0x02, 0x04, 0x06
_ED25519 = bytes.fromhex("2b6570")
_PBES2 = bytes.fromhex("2a864886f70d01050d")
_SCRYPT = bytes.fromhex("2b06010401da47040b")
_AES = bytes.fromhex("60864801650304012a")
_SEED = 32  # bytes
_PUBLIC = (bytes.fromhex("812100"), bytes.fromhex("a123032100"))  # RFC 5958; ring
_MOST = 1 << 21  # N times r: 256 MiB
_BLOCK = 16
_LONG = 0x80


class _NotThis(Exception):
    """The bytes have another form."""


def ed25519_seed(pem: bytes) -> bytes | None:
    """Return the 32 bytes of a key that is not encrypted, None: the text is none of this form."""
    try:
        return _seed(_body(pem))
    except _NotThis:
        return None


def opened_seed(pem: bytes, password: bytes) -> bytes | None:
    """Return the 32 bytes of an encrypted key, None: the text is none of this form, or the password is another."""
    try:
        return _seed(_decrypted(_body(pem), password))
    except _NotThis:
        return None


def _body(pem: bytes) -> bytes:
    found = _PEM.search(pem)
    try:
        return base64.b64decode(b"".join(found[1].split()), validate=True) if found else b""
    except (binascii.Error, ValueError):
        raise _NotThis from None


def _seed(der: bytes) -> bytes:
    inner, rest = _part(der, _SEQUENCE)
    version, inner = _part(inner, _INTEGER)
    algorithm, inner = _part(inner, _SEQUENCE)
    name, parameters = _part(algorithm, _OBJECT)
    key, public = _part(inner, _OCTETS)
    seed, more = _part(key, _OCTETS)
    is_key = (version, name, len(seed)) == (b"\1", _ED25519, _SEED) and not (rest or parameters or more)
    attached = next((public[len(one) :] for one in _PUBLIC if public.startswith(one)), b"")
    if not is_key or attached != _public_of(seed):
        raise _NotThis
    return seed


def _public_of(seed: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - loads OpenSSL

    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _decrypted(der: bytes, password: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # noqa: PLC0415

    inner, _ = _part(der, _SEQUENCE)
    scheme, inner = _part(inner, _SEQUENCE)
    sealed, _ = _part(inner, _OCTETS)
    derived, ciphers = _part(_algorithm(scheme, _PBES2), _SEQUENCE)
    cipher, _ = _part(ciphers, _SEQUENCE)
    salt, costs = _part(_algorithm(derived, _SCRYPT), _OCTETS)
    n, costs = _number(costs)
    r, costs = _number(costs)
    p, _ = _number(costs)
    vector, _ = _part(_algorithm(cipher, _AES, wrapped=False), _OCTETS)
    if n < 2 or n & (n - 1) or not 1 <= r <= _MOST // n or p != 1 or len(vector) != _BLOCK or len(sealed) % _BLOCK:  # noqa: PLR2004
        raise _NotThis
    key = Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(password)
    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    padded = decryptor.update(sealed) + decryptor.finalize()
    count = padded[-1] if padded else 0
    if not 1 <= count <= _BLOCK or padded[-count:] != bytes([count]) * count:
        raise _NotThis
    return padded[:-count]


def _algorithm(der: bytes, name: bytes, *, wrapped: bool = True) -> bytes:
    """Return the parameters of an algorithm of a name. wrapped: they are a sequence, whose content is returned."""
    found, rest = _part(der, _OBJECT)
    if found != name:
        raise _NotThis
    return _part(rest, _SEQUENCE)[0] if wrapped else rest


def _number(der: bytes) -> tuple[int, bytes]:
    found, rest = _part(der, _INTEGER)
    return int.from_bytes(found, "big", signed=True), rest


def _part(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """Return the content of the first part, which has to have a tag, and what stands behind it."""
    if len(der) < 2 or der[0] != tag:  # noqa: PLR2004 - a tag and a length
        raise _NotThis
    length, at = der[1], 2
    if length >= _LONG:
        count = length - _LONG
        length, at = int.from_bytes(der[2 : 2 + count], "big"), 2 + count
    if at + length > len(der):
        raise _NotThis
    return der[at : at + length], der[at + length :]
