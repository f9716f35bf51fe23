"""A program's text without what is no code, and which part of it belongs to which declaration."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from grammars.parser import after_comment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.motoko.source.declarations import Declaration, SourceFile

_NO_CODE = re.compile(r"""//[^\n]*|(/\*)|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.[^']*)'""", re.DOTALL)


def code_only(text: str) -> str:
    """Return a text of the same length in which comments, texts and characters are blank."""
    parts: list[str] = []
    at = 0
    while match := _NO_CODE.search(text, at):
        end = after_comment(text, match.start()) if match[1] else match.end()
        parts += [text[at : match.start()], re.sub(r"[^\n]", " ", text[match.start() : end])]
        at = end
    return "".join([*parts, text[at:]])


class Part(NamedTuple):
    """A declaration of the actor with its code, from its keyword to the next declaration."""

    declaration: Declaration
    code: str


class Actor:
    """An actor's declarations. parts: in the order of the text."""

    def __init__(self, file: SourceFile) -> None:
        unit = file.unit
        assert unit is not None  # noqa: S101 - asked of actors alone
        self.file = file
        self.unit = unit
        code = code_only(file.text)
        inside = sorted(unit.inside, key=lambda d: d.span[0])
        places = [*(d.span[0] for d in inside), len(code)]
        self.parts = [Part(d, code[at:end]) for d, (at, end) in zip(inside, pairwise(places), strict=True)]

    @property
    def persistent(self) -> bool:
        """Whether variables are kept unless they say otherwise; a bare actor is that since moc 2."""
        return not any("stable" in part.declaration.marks for part in self.parts) or "persistent" in self.unit.marks

    def kept(self) -> Iterator[Part]:
        """Yield the variables that an upgrade keeps."""
        for part in self.parts:
            marks = part.declaration.marks
            given_up = "transient" in marks or "flexible" in marks
            if part.declaration.kind in ("let", "var") and not given_up and (self.persistent or "stable" in marks):
                yield part
