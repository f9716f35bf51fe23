"""LEB128 and SLEB128, for numbers of any size in time linear in it."""

from __future__ import annotations

_SEVEN = [format(byte & 127, "07b") for byte in range(256)]
_SHORT = 9  # bytes that are joined by shifting; beyond it, as binary digits: shifting a growing number is quadratic


def unsigned(value: int) -> bytes:
    """Return the shortest LEB128 form of a number that is not negative."""
    return _septets(value, max(1, -(-value.bit_length() // 7)))


def signed(value: int) -> bytes:
    """Return the shortest SLEB128 form of a number."""
    count = (~value if value < 0 else value).bit_length() // 7 + 1
    return _septets(value & ((1 << 7 * count) - 1), count)


def _septets(value: int, count: int) -> bytes:
    if count <= _SHORT:
        return bytes([value >> 7 * i & 127 | (128 if i + 1 < count else 0) for i in range(count)])
    digits = format(value, f"0{7 * count}b")
    out = bytearray([int(digits[i : i + 7], 2) | 128 for i in range(7 * count - 7, -1, -7)])
    out[-1] &= 127
    return bytes(out)


def number_of(raw: bytes) -> int:
    """Return the number of a LEB128 form; it need not be the shortest."""
    if len(raw) <= _SHORT:
        value = 0
        for i, byte in enumerate(raw):
            value |= (byte & 127) << 7 * i
        return value
    return int("".join([_SEVEN[byte] for byte in reversed(raw)]), 2)


def signed_number_of(raw: bytes) -> int:
    """Return the number of an SLEB128 form; it need not be the shortest."""
    value = number_of(raw)
    return value - (1 << 7 * len(raw)) if raw[-1] & 64 else value
