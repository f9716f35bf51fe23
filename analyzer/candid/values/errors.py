"""What can be wrong with a message, and with a value that is to become one."""

from __future__ import annotations

from analyzer.errors import CtxError


class DecodeError(CtxError):
    """Bytes that are no Candid message, or not one of the expected types.

    offset: of the byte where it shows. expected, found: as the sentence has them; expected may be None.
    """

    exit_code = 3

    def __init__(self, offset: int, found: str, expected: str | None = None, *, hint: str | None = None) -> None:
        super().__init__(f"expected {expected}, found {found}" if expected else found, hint=hint)
        self.offset = offset
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        return f"byte {self.offset}: {self.what}"


class Mismatch(DecodeError):
    """A value that is well formed and not of the expected type: under an `opt` it reads as null."""


class EncodeError(CtxError):
    """A value that is not of its type. path: from the argument to the part that does not fit."""

    exit_code = 2

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.path: list[str] = []

    def __str__(self) -> str:
        return f"{'.'.join(reversed(self.path))}: {self.what}" if self.path else self.what
