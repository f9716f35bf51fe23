"""What stands behind the actor: moc does not read it, but for the one token that its lexer looks ahead to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analyzer.text import shortened

if TYPE_CHECKING:
    from analyzer.text import Sources

_SPACE = re.compile(r"(?:[ \t]|//[^\n]*)*+")
_EDGE = re.compile(r"/\*|\*/")
_ESCAPE = r"\\(?:[nrt\\'\"]|u\{[0-9a-fA-F](?:_?[0-9a-fA-F])*\})"
_PLAIN = r"[^\"\\\x00-\x09\x0b-\x1f\x7f]"
_BYTE = r"\\[0-9a-fA-F]{2}"
# Any token moc's lexer takes, by how it begins; text and character literals have to be whole.
_TOKEN = re.compile(
    rf'\Z|[\r\nA-Za-z0-9_()\[\]{{}};,:.?!=<>+\-*/%&|^#]|"(?:{_PLAIN}|{_ESCAPE}|{_BYTE})*+"'
    rf"|'(?:{_PLAIN}|{_ESCAPE}|(?:{_BYTE})+)'"
)


def check_tail(sources: Sources, offset: int) -> None:
    """Raise ParseError (M0002) where the next token on the line that the actor ends on is none.

    offset: behind the actor's last brace or parenthesis. A block comment that begins there may reach over lines.
    """
    text = sources.texts[-1]
    while True:
        space = _SPACE.match(text, offset)
        offset = offset if space is None else space.end()
        if not text.startswith("/*", offset):
            break
        end = _after_comment(text, offset)
        if end < 0:
            sources.fail(offset, 'this comment is never closed: "*/" is missing', "M0002")
        offset = end
    if not _TOKEN.match(text, offset):
        what = f'this is no token of Motoko: "{shortened(text[offset])}"'
        hint = "moc looks at what follows the actor on the same line, and ignores everything after it"
        sources.fail(offset, what, "M0002", hint=hint)


def _after_comment(text: str, start: int) -> int:
    """Return the offset behind the nested comment that opens at `start`, -1 where it is never closed."""
    depth = 0
    for edge in _EDGE.finditer(text, start):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    return -1
