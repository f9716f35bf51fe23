"""The hash of a request that does not depend on how it was encoded: what is signed, and what names it.

Interface spec, "Representation-independent hashing of structured data" and "Request ids".
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from replica.certificates.leb128 import unsigned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from replica.requests.cbor import Item


def hash_of_map(fields: Mapping[str, Item]) -> bytes:
    """Return 32 bytes. A field that is null counts as omitted (ic-py sends such).

    Raises ValueError where a value has no hash: a boolean or a number below zero, which no request has.
    """
    pairs = sorted(_sha256(name.encode()) + hash_of(value) for name, value in fields.items() if value is not None)
    return _sha256(b"".join(pairs))


def hash_of(value: Item | Mapping[str, Item] | Sequence[Item]) -> bytes:
    """Return the 32-byte hash of one value; see `hash_of_map`."""
    match value:
        case bytes():
            return _sha256(value)
        case str():
            return _sha256(value.encode())
        case bool() | None:
            msg = "a boolean or null has no hash"
            raise ValueError(msg)
        case int():
            return _sha256(unsigned(value))
        case dict():
            return hash_of_map(value)
        case list():
            return _sha256(b"".join(hash_of(element) for element in value))
    msg = f"{type(value).__name__} has no hash"
    raise ValueError(msg)


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
