"""Text from a user's file inside Markdown: only ever text, whatever is written in it.

GitHub and GitLab read CommonMark with tables, bare links, mentions, references to issues, and formulas.
"""

from __future__ import annotations

import re

from analyzer.report.words import clean

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")
_APART = "\u200d"  # the zero-width joiner: what it stands in is shown as before and means nothing
# A mention, a reference to an issue, and what is made a link without being asked: each needs its characters together.
_MEANING = re.compile(r"(@|#|:(?=//)|\bwww(?=\.)|\b(?:GH|gh)(?=-))")
_LIMIT = 300


def escaped(text: str, limit: int = _LIMIT) -> str:
    """Return text as a part of a sentence."""
    # `clean` has shown every invisible character by its number, so each joiner is one of ours.
    return _MARKUP.sub(r"\\\1", _MEANING.sub(rf"\1{_APART}", clean(text, limit)))


def code(text: str, limit: int = _LIMIT) -> str:
    """Return text as code, in as many backticks as it takes.

    A bar ends a table's cell even in code, and readers differ on how one is escaped there: it takes an element.
    """
    shown = clean(text, limit)
    if "|" in shown or not shown.strip():
        return element(text, limit)
    longest = max(map(len, re.findall("`+", shown)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if longest or (shown[0] == shown[-1] == " ") else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def element(text: str, limit: int = _LIMIT) -> str:
    """Return text as a `code` element, for where Markdown is not read: every sign in it is a number."""
    return f"<code>{''.join(c if c.isalnum() or c == ' ' else f'&#{ord(c)};' for c in clean(text, limit))}</code>"
