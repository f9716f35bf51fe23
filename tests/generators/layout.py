"""Write tokens as a text: evenly for people, or with any white space and comments that the languages allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

OPENING, CLOSING = {"{", "(", "["}, {"}", ")", "]"}
TIGHT_BEFORE = {";", ",", ")", "]", ">", ""}
TIGHT_AFTER = {"(", "[", "?", ""}

GAPS = (
    " ",
    "  ",
    "\n",
    "\t",
    "\r\n",
    ' // a remark; } "\n',
    " /* a remark */ ",
    "/* one /* in */ another */",
    "/***/",
    "//\n",
)
CLOSING_ANGLE = {">"}
PLAIN_GAP = " "


def evenly(tokens: Iterable[str]) -> str:
    """Return a text with one definition, method or variable a line."""
    parts: list[str] = []
    depth = 0
    last = ""
    for token in tokens:
        if token in CLOSING:
            depth -= 1
        if parts and last == ";" and depth <= 1:
            parts.append("\n" + "  " * depth)
        elif token not in TIGHT_BEFORE and last not in TIGHT_AFTER and not last.endswith("<"):
            parts.append(" ")
        parts.append(token)
        if token in OPENING:
            depth += 1
        last = token
    return "".join(parts) + "\n"


def unevenly(tokens: Iterable[str], rng: Random) -> str:
    """Return a text with random white space and comments between all tokens."""
    parts: list[str] = []
    for token in tokens:
        # In Motoko, `>` with white space on both sides is a comparison.
        if token not in CLOSING_ANGLE:
            parts.append(rng.choice(GAPS) if rng.random() < 0.3 else PLAIN_GAP)
        parts.append(token)
    parts.append(rng.choice(GAPS))
    return "".join(parts)
