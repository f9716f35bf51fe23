"""Bytes of a module, read in order and never beyond their end."""

from __future__ import annotations

from replica.errors import CANISTER_ERROR, Reject

_U32, _U64 = 32, 64


def malformed(what: str) -> Reject:
    """Return the network's answer to a module that is none."""
    return Reject(CANISTER_ERROR, "IC0505", f"Canister's Wasm module is not valid: {what}")


class Reader:
    """A part of a module. at: where the next byte is."""

    def __init__(self, data: bytes, at: int = 0, end: int | None = None) -> None:
        self.data = data
        self.at = at
        self.end = len(data) if end is None else end

    @property
    def left(self) -> bool:
        """Whether there is more."""
        return self.at < self.end

    def byte(self) -> int:
        """Return the next byte. Raises Reject at the end, as all that follow."""
        return self.take(1)[0]

    def take(self, count: int) -> bytes:
        """Return the next bytes."""
        if count > self.end - self.at:
            msg = "it ends too early"
            raise malformed(msg)
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, bits: int = _U32) -> int:
        """Return an unsigned LEB128 number."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:  # noqa: PLR2004 - the last byte
                break
            if shift >= bits + 7:
                msg = "a number is too long"
                raise malformed(msg)
        if value >> bits:
            msg = "a number is too large"
            raise malformed(msg)
        return value

    def skip_number(self, bits: int = _U64) -> None:
        """Leave out a LEB128 number, signed or not."""
        for _ in range(bits // 7 + 1):
            if self.byte() < 0x80:  # noqa: PLR2004
                return
        msg = "a number is too long"
        raise malformed(msg)

    def name(self) -> str:
        """Return a text with its length before it."""
        try:
            return self.take(self.number()).decode()
        except UnicodeDecodeError:
            msg = "a name is not UTF-8"
            raise malformed(msg) from None

    def part(self) -> Reader:
        """Return what follows with its length before it, as a reader of its own."""
        size = self.number()
        start = self.at
        self.take(size)
        return Reader(self.data, start, self.at)


def number(value: int) -> bytes:
    """Return a natural number as LEB128."""
    out = bytearray()
    while value >= 0x80:  # noqa: PLR2004
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def text(value: str) -> bytes:
    """Return a text with its length before it."""
    data = value.encode()
    return number(len(data)) + data
