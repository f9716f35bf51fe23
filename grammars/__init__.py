"""The grammars that ctxcheck reads, and their parsers.

A grammar is a Lark file beside this one; its LALR tables are shipped in `tables/`. Tables that do not belong to the
grammar as it stands (it was edited) are never used: Lark then compiles it anew.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from grammars.digest import sha256
from grammars.parser import Parser, SyntaxProblem

__all__ = ["FORMAT", "Parser", "SyntaxProblem", "digest_of", "load", "source"]

FORMAT = 1  # of the tables; raise it when `build` or `parser` change their meaning
_HERE = Path(__file__).parent


def digest_of(source: str) -> str:
    """Return the key under which tables belong to a grammar: table format and SHA-256 of its text."""
    return f"{FORMAT}:{sha256(source.encode()).hexdigest()}"


def source(name: str) -> str:
    """Return the text of a grammar: `candid`, `stable` or `values`."""
    return (_HERE / f"{name}.lark").read_text(encoding="utf-8")


@cache
def load(name: str) -> Parser:
    """Return the parser of a grammar: `candid`, `stable` or `values`."""
    text = source(name)
    shipped = _HERE / "tables" / f"{name}.json"
    tables = json.loads(shipped.read_bytes()) if shipped.exists() else {"key": None}
    if tables["key"] != digest_of(text):
        from grammars.build import tables_of  # noqa: PLC0415 - Lark is loaded only where tables are made

        tables = json.loads(json.dumps(tables_of(text)))
    return Parser(tables)
