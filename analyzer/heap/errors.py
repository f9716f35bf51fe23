"""What can be wrong with an image, its module, or the two together."""

from __future__ import annotations

from typing import NoReturn

from analyzer.errors import CtxError


class HeapError(CtxError):
    """The image cannot be read as the stable variables of its module.

    path: the value that is wrong, "" of the whole.
    """

    exit_code = 3

    def __init__(self, what: str, *, path: str = "", where: str | None = None, hint: str | None = None) -> None:
        super().__init__(what, where=where, hint=hint)
        self.path = path

    def __str__(self) -> str:
        text = f"{self.path}: {self.what}" if self.path else self.what
        return f"{self.where}: {text}" if self.where else text


class LayoutError(HeapError):
    """The image is not of the layout that is read here: no fingerprint, another version, classical persistence."""


class RootError(HeapError):
    """The code of the module does not show where its variables are."""


class WordError(HeapError):
    """A value is not what its type says, or the image is damaged there."""


class TooMuch(HeapError):
    """What is to be read goes beyond a bound that protects memory or time."""


def bad(what: str) -> NoReturn:
    """Raise for a value that is not what its type says; who knows the path adds it."""
    raise WordError(what)
