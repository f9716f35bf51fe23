"""Encryption of backups to an age recipient (pyrage, the extra `age`): whoever writes needs no key that opens.

A key that opens is read from its file when it is needed, and never stands in an error, a log or a repr.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from analyzer.errors import SourceError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

_SECRET = "AGE-SECRET-KEY-"  # noqa: S105 - how a line with a key begins
_MOST = 1 << 20  # bytes of a file of keys
_TAG = 12  # hex digits that tell recipients apart


class Recipient:
    """Who will be able to open what is written. text: `age1...`, public."""

    def __init__(self, text: str) -> None:
        """Read it. Raises UsageError: it is no recipient, or pyrage is missing."""
        self.text = text
        pyrage = _pyrage()
        try:
            self._key = pyrage.x25519.Recipient.from_str(text)
        except pyrage.RecipientError:
            msg = "this is no age recipient"
            raise UsageError(msg, where="--age-recipient", hint="age1..., as `age-keygen` prints it") from None
        self.tag = tag_of(text)

    def seal(self, content: bytes) -> bytes:
        """Return content as a file of age."""
        sealed: bytes = _pyrage().encrypt(content, [self._key])
        return sealed


class Identity:
    """The keys in a file, as `age-keygen` writes them."""

    def __init__(self, path: Path) -> None:
        """Read them. Raises SourceError: the file cannot be read, or has no key."""
        pyrage = _pyrage()
        try:
            with path.open(encoding="utf-8") as file:
                lines = file.read(_MOST).splitlines()
            keys = [pyrage.x25519.Identity.from_str(line.strip()) for line in lines if line.strip().startswith(_SECRET)]
        except OSError as error:
            msg = f"this cannot be read: {error.strerror}"
            raise SourceError(msg, where=str(path)) from None
        except (pyrage.IdentityError, UnicodeDecodeError):
            keys = []  # what pyrage says of a key is not for a log
        if not keys:
            msg = "this has no key of age that can be read"
            raise SourceError(msg, where=str(path), hint="a file as `age-keygen -o FILE` writes it")
        self._keys = {tag_of(str(key.to_public())): key for key in keys}

    def __repr__(self) -> str:
        """Return it without the keys."""
        return f"Identity of {', '.join(self._keys)}"

    def opens(self, tag: str) -> bool:
        """Tell whether one of the keys is that of a recipient."""
        return tag in self._keys

    def open(self, content: bytes, where: str) -> bytes:
        """Return what a file of age holds. Raises SourceError: no key opens it, or it is damaged."""
        pyrage = _pyrage()
        try:
            opened: bytes = pyrage.decrypt(content, list(self._keys.values()))
        except pyrage.DecryptError:
            msg = "the age identity does not open it, or it is damaged"
            raise SourceError(msg, where=where) from None
        return opened


def tag_of(recipient: str) -> str:
    """Return the short name of a recipient in names of files."""
    return sha256(recipient.encode()).hexdigest()[:_TAG]


def needs_identity(where: str) -> SourceError:
    """Return the error of somebody who has no key."""
    return SourceError("the backup is encrypted", where=where, hint="--age-identity FILE opens it")


def _pyrage() -> Any:  # noqa: ANN401 - a module
    try:
        import pyrage  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 - an extra
    except ImportError:
        msg = "encrypted backups take pyrage"
        raise UsageError(msg, hint="pip install 'ctxcheck[age]'") from None
    return pyrage
