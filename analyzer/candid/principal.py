"""Principals: who calls and what is called. Interface spec, "Textual representation of principals"."""

from __future__ import annotations

import base64
import binascii

MAX_BYTES = 29
_GROUP = 5
_CHECKSUM = 4  # bytes: CRC32


class Principal:
    """At most 29 bytes; `str()` is the text form with its checksum, `aaaaa-aa` for none at all."""

    __slots__ = ("raw",)

    def __init__(self, raw: bytes) -> None:
        if len(raw) > MAX_BYTES:
            msg = f"a principal has at most {MAX_BYTES} bytes, not {len(raw)}"
            raise ValueError(msg)
        self.raw = raw

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Principal) and self.raw == other.raw

    def __lt__(self, other: Principal) -> bool:
        return self.raw < other.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"Principal({self.raw!r})"

    def __str__(self) -> str:
        checked = binascii.crc32(self.raw).to_bytes(_CHECKSUM, "big") + self.raw
        letters = base64.b32encode(checked).decode().rstrip("=").lower()
        return "-".join(letters[i : i + _GROUP] for i in range(0, len(letters), _GROUP))

    @classmethod
    def parse(cls, text: str) -> Principal:
        """Return the principal of a text form. Raises ValueError, also where checksum, case or groups are not right."""
        letters = text.replace("-", "").upper()
        try:
            checked = base64.b32decode(letters + "=" * (-len(letters) % 8))
        except ValueError:  # binascii.Error, or letters that are not ASCII
            checked = b""
        if not _CHECKSUM <= len(checked) <= MAX_BYTES + _CHECKSUM:
            msg = "this is no principal: groups of five letters and digits, such as aaaaa-aa"
            raise ValueError(msg)
        principal = cls(checked[_CHECKSUM:])
        if str(principal) != text:
            same = binascii.crc32(principal.raw).to_bytes(_CHECKSUM, "big") == checked[:_CHECKSUM]
            msg = f"this principal is written {principal}" if same else "the checksum of this principal is wrong"
            raise ValueError(msg)
        return principal
