"""Numbers in as many bytes as they need, seven bits a byte. Interface spec, "Representation-independent hashing"."""

from __future__ import annotations

_MORE = 0x80
_BITS = 7


def unsigned(number: int) -> bytes:
    """Return the shortest unsigned LEB128 of a number that is not negative."""
    if number < 0:
        msg = f"{number} is negative"
        raise ValueError(msg)
    out = bytearray()
    while number >= _MORE:
        out.append(number & (_MORE - 1) | _MORE)
        number >>= _BITS
    out.append(number)
    return bytes(out)
