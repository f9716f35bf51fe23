r"""The labels of a migration chain: text literals of Motoko, which are bytes and need not be UTF-8."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(?:([nrt\\'\"])|u\{([0-9a-fA-F_]+)\}|([0-9a-fA-F]{2}))")
_SIMPLE = {"n": b"\n", "r": b"\r", "t": b"\t", "\\": b"\\", "'": b"'", '"': b'"'}
_MAX_SCALAR = 0x10FFFF


class LabelError(ValueError):
    """An escape that stands for no character. offset: within the literal."""

    def __init__(self, what: str, offset: int) -> None:
        super().__init__(what)
        self.offset = offset


def label_of(literal: str) -> str:
    """Return what a quoted label says; bytes that are no UTF-8 are surrogates, as in file names. Raises LabelError."""
    body = literal[1:-1]
    if "\\" not in body:
        return body
    out = bytearray()
    position = 0
    for match in _ESCAPE.finditer(body):
        out += body[position : match.start()].encode("utf-8", "surrogatepass")
        position = match.end()
        simple, scalar, byte = match.groups()
        if simple is not None:
            out += _SIMPLE[simple]
        elif byte is not None:
            out.append(int(byte, 16))
        else:
            digits = scalar.replace("_", "").lstrip("0") or "0"
            code = int(digits, 16) if len(digits) < 9 else _MAX_SCALAR + 1  # noqa: PLR2004 - more is out of range anyway
            if code > _MAX_SCALAR or 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004 - the surrogate range of Unicode
                what = f"\\u{{{scalar}}} is no Unicode character"
                raise LabelError(what, match.start() + 1)
            out += chr(code).encode()
    out += body[position:].encode("utf-8", "surrogatepass")
    return out.decode("utf-8", "surrogateescape")


def label_key(label: str) -> bytes:
    """Return the bytes by which moc orders labels."""
    return label.encode("utf-8", "surrogateescape")


def quoted_label(label: str) -> str:
    """Return the literal that `label_of` reads back."""
    return f'"{"".join(map(_written, label))}"'


def _written(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # noqa: PLR2004 - where surrogateescape keeps bytes
        return f"\\{code - 0xDC00:02x}"
    if char in '"\\':
        return f"\\{char}"
    return char if char.isprintable() else f"\\u{{{code:x}}}"
