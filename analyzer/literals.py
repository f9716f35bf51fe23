"""Numbers and texts as Candid and Motoko write them."""

from __future__ import annotations

import re

# Compiled when first used: few texts have an escape.
_ESCAPE = r"\\(?:([nrt\\\"'])|([0-9a-fA-F]{2})|u\{([0-9a-fA-F](?:_?[0-9a-fA-F]+)*_?)\}|([\s\S]?))"
_SIMPLE = {"n": b"\n", "r": b"\r", "t": b"\t", "\\": b"\\", '"': b'"', "'": b"'"}
_MAX_ID = 0xFFFFFFFF
MAX_DIGITS = 4000  # of a decimal number: Python reads and writes a little more, in quadratic time
_MAX_SCALAR = 0x10FFFF


class LiteralError(ValueError):
    """A literal with a valid outline and an impossible content. offset: within the literal."""

    def __init__(self, what: str, offset: int = 0) -> None:
        super().__init__(what)
        self.offset = offset


def text_of(literal: str) -> str:
    r"""Return the text of a quoted literal; `\hh` escapes are bytes, and the whole must be UTF-8."""
    if "\\" not in literal:
        return literal[1:-1]
    try:
        return bytes_of(literal).decode()
    except UnicodeDecodeError:
        msg = "the bytes of this text are not UTF-8"
        raise LiteralError(msg) from None


def bytes_of(literal: str) -> bytes:
    r"""Return the bytes of a quoted literal: those of its text in UTF-8, and `\hh` escapes as they are."""
    body = literal[1:-1]
    out = bytearray()
    position = 0
    for match in re.finditer(_ESCAPE, body):
        out += body[position : match.start()].encode("utf-8", "surrogatepass")
        position = match.end()
        simple, byte, scalar, _ = match.groups()
        if simple is not None:
            out += _SIMPLE[simple]
        elif byte is not None:
            out.append(int(byte, 16))
        elif scalar is not None:
            code = int(scalar.replace("_", ""), 16)
            if code > _MAX_SCALAR or 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004 - the surrogate range of Unicode
                msg = f"{match[0]} is no Unicode scalar value"
                raise LiteralError(msg, match.start() + 1)
            out += chr(code).encode()
        else:
            msg = f"unknown escape {match[0]}"
            raise LiteralError(msg, match.start() + 1)
    out += body[position:].encode("utf-8", "surrogatepass")
    return bytes(out)


def id_of(literal: str) -> int:
    """Return the number of a field id: decimal or `0x`, `_` anywhere behind the first digit, at most 2^32-1."""
    if literal.startswith("0X"):
        # candid_parser lexes it, then fails to strip the prefix.
        msg = f"a field id is written with a small x: 0x{literal[2:]}"
        raise LiteralError(msg)
    digits = literal.replace("_", "")
    if len(digits) > 400:  # noqa: PLR2004 - longer than any id with leading zeros that a person writes; int() is quadratic
        digits = digits.lstrip("0") or "0"
    if len(digits) > 400:  # noqa: PLR2004
        msg = "a field id is at most 4294967295"
        raise LiteralError(msg)
    value = int(digits, 16) if digits.startswith("0x") else int(digits)
    if value > _MAX_ID:
        msg = "a field id is at most 4294967295"
        raise LiteralError(msg)
    return value


def number_of(literal: str) -> int:
    """Return a number of any size: decimal or `0x`, `_` anywhere behind the first digit."""
    if literal.startswith("0X"):
        msg = f"a hexadecimal number is written with a small x: 0x{literal[2:]}"
        raise LiteralError(msg)
    digits = literal.replace("_", "")
    if digits.startswith("0x"):
        return int(digits, 16)
    if len(digits) > MAX_DIGITS:
        msg = f"a number of more than {MAX_DIGITS:,} digits is written in hexadecimal"
        raise LiteralError(msg)
    return int(digits)


def float_of(literal: str) -> float:
    """Return a float: decimal, or hexadecimal with a binary exponent."""
    digits = literal.replace("_", "")
    if not digits.startswith("0x"):
        return float(digits)
    try:
        return float.fromhex(digits)
    except OverflowError:
        msg = "this number is too large for a float"
        raise LiteralError(msg) from None
