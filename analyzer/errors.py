"""What can go wrong, as one family: each error knows its exit code, what happened, where, and what to do.

Raised deep, printed once, by the command.
"""

from __future__ import annotations

from typing import NamedTuple


class CtxError(Exception):
    """An error that a user can act on.

    what: one sentence. where: file or input it is about, or None. hint: what to do, or None.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


class UsageError(CtxError):
    """The command or its configuration asks for something that cannot be."""

    exit_code = 2


class SourceError(CtxError):
    """An input cannot be read: missing, too large, not text."""

    exit_code = 3


class Place(NamedTuple):
    """A position in a source. line and column are 1-based; column counts code points.

    text: the line, or of a very long line the part around the position. caret: the column within `text`.
    """

    source: str
    line: int
    column: int
    text: str
    caret: int


class ParseError(CtxError):
    """An interface that its language refuses.

    side: "old" or "new" (None: neither). code: the compiler's code for Motoko (`M0001`), a word for Candid
    (`syntax`, `duplicate-field`). expected: what could have stood there, or None.
    """

    exit_code = 3

    def __init__(
        self,
        what: str,
        *,
        code: str,
        place: Place,
        expected: str | None = None,
        hint: str | None = None,
        side: str | None = None,
    ) -> None:
        super().__init__(what, hint=hint)
        self.code = code
        self.place = place
        self.expected = expected
        self.side = side

    @property
    def line(self) -> int:
        """1-based line."""
        return self.place.line

    @property
    def column(self) -> int:
        """1-based column, in code points."""
        return self.place.column

    def __str__(self) -> str:
        found = f"expected {self.expected}, found {self.what}" if self.expected else self.what
        return f"{self.place.source}:{self.place.line}:{self.place.column}: {found}"
