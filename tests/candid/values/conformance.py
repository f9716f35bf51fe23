"""The official conformance tests (`*.test.did` of the Candid repository), used in place and read here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.candid.methods import method_of
from analyzer.candid.parse import parse_candid
from analyzer.literals import bytes_of, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from analyzer.candid.types import CandidInterface

_TOKEN = re.compile(
    r'//[^\n]*|/\*[\s\S]*?\*/|"(?:[^"\\]|\\.)*"|==|!=|!:|[A-Za-z_][A-Za-z0-9_]*|\d+|->|\s+|.', re.DOTALL
)
Input = bytes | str  # a message, or values as text


@dataclass(frozen=True, slots=True)
class Assertion:
    """`left : types` or `left !: types` (right is None), or `left == right : types` and the like. holds: not with `!`."""

    name: str
    left: Input
    right: Input | None
    holds: bool
    interface: CandidInterface
    types: tuple[int, ...]


def assertions(path: Path) -> list[Assertion]:
    """Return the assertions of a file."""
    tokens = [t for t in _TOKEN.findall(path.read_text("utf-8")) if t.strip() and not t.startswith(("//", "/*"))]
    first = tokens.index("assert")
    read = []
    at = first
    while at < len(tokens):
        stop = at + tokens[at:].index(";") if "(" not in tokens[at:] else _end(tokens, at)
        read.append(tokens[at + 1 : stop])
        at = stop + 1
    parsed = [_parsed(one) for one in read]
    methods = "; ".join(f"m{i} : {types} -> ()" for i, (_, _, _, types, _) in enumerate(parsed))
    interface = parse_candid(f"{' '.join(tokens[:first])} service : {{ {methods} }}")
    found = []
    for i, (left, right, holds, _, name) in enumerate(parsed):
        method = method_of(interface, f"m{i}")
        assert method is not None
        found.append(Assertion(f"{path.name[:-9]} {i}: {name}", left, right, holds, interface, method.arguments))
    return found


def _end(tokens: list[str], at: int) -> int:
    """Return where the `;` of an assertion is: not one inside its types."""
    depth = 0
    for i in range(at, len(tokens)):
        depth += (tokens[i] in "({") - (tokens[i] in ")}")
        if tokens[i] == ";" and not depth:
            return i
    return len(tokens)


def _parsed(tokens: list[str]) -> tuple[Input, Input | None, bool, str, str]:
    left, at = _input(tokens, 0)
    sign = tokens[at]
    right: Input | None = None
    at += 1
    if sign in ("==", "!="):
        right, at = _input(tokens, at)
        at += 1  # the colon
    name = ""
    if tokens[-1].startswith('"') and tokens[-2] == ")":
        name = text_of(tokens[-1])
        tokens = tokens[:-1]
    return left, right, not sign.startswith("!"), " ".join(tokens[at:]), name


def _input(tokens: list[str], at: int) -> tuple[Input, int]:
    if tokens[at] == "blob":
        return bytes_of(tokens[at + 1]), at + 2
    return text_of(tokens[at]), at + 1
