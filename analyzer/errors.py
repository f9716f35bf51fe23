"""What can go wrong, as one family: each error knows its exit code, what happened, where, and what to do.

Raised deep, printed once, by the command.
"""

from __future__ import annotations

import errno
import os
from typing import NamedTuple

_ROOM = "make room there, then call again"
_RIGHTS = "look at whose it is, and what it may be used for: `ls -ld`"
_OF_SYSTEM = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: "larger files must be allowed: `ulimit -f`, or another file system",
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: "nothing can be written there: work in another folder",
    errno.EMFILE: "more files must be allowed at once: `ulimit -n`",
    errno.ENFILE: "this machine has too many files open",
    errno.EIO: "the disk fails: look at what the system says of it",
    errno.ENAMETOOLONG: "give it a shorter name",
    errno.ELOOP: "links lead in a circle",
}


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


def of_system(error: OSError) -> SourceError:
    """Return what the system refuses, as an error that tells where, why and what to do."""
    where = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) and error.filename else None
    why = error.strerror or str(error) or type(error).__name__
    return SourceError(f"the system refuses: {why}", where=where, hint=_OF_SYSTEM.get(error.errno or 0))


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
