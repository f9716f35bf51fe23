"""Put a migration into the text of a program: an import, and the line before the actor."""

from __future__ import annotations

import re
from typing import NamedTuple

from analyzer.errors import CtxError
from analyzer.motoko.source.parse import parse_source

_BEFORE = re.compile(r"(?:shared\s*(?:\([^()]*\)|\{[^{}]*\}|[A-Za-z_]\w*)?\s*)?(?:persistent\s+)?\Z")
_MIGRATION = re.compile(r"\(\s*with\s+migration\s*=\s*[\w.]+\s*;?\s*\)\s*\Z")


class NoPlace(CtxError):
    """The program has no place where a migration can be put."""

    exit_code = 5


class Inserted(NamedTuple):
    """A program with a migration. lines: those that were added, as a person would add them."""

    text: str
    lines: tuple[str, ...]


def with_migration(text: str, label: str, module: str, function: str) -> Inserted:
    """Return a program's text with a migration of a module beside it. A migration that it has already is replaced.

    Raises ParseError; NoPlace: it is no actor, or one with other things in its parentheses.
    """
    file = parse_source(text, label)
    unit = file.unit
    if unit is None or unit.kind != "actor":
        msg = "there is no actor in this file"
        raise NoPlace(msg, where=label)
    name = free_name(text)
    start = unit.span[0] - _length(_BEFORE.search(text[: unit.span[0]]))
    head, tail = text[:start], text[start:]
    if unit.parenthetical is not None:
        had = _MIGRATION.search(text[: unit.parenthetical[1]])
        if had is None:
            msg = "the actor has more than a migration in the parentheses before it"
            raise NoPlace(msg, where=label, hint="add `migration = ...` there by hand")
        head, tail = text[: had.start()], text[unit.parenthetical[1] :].lstrip()
    line = f"(with migration = {name}.{function})"
    imports = [d for d in file.declarations if d.kind == "import"]
    imported = f'import {name} "{module}";'
    if imports:
        end = imports[-1].span[1]
        end += _length(re.match(r"\s*;?", head[end:]))
        head = f"{head[:end]}\n{imported}{head[end:]}"
    else:
        head = f"{imported}\n{head}"  # before whatever a comment at the top belongs to
    return Inserted(f"{head}{line}\n{tail}", (imported, line))


def _length(match: re.Match[str] | None) -> int:
    return 0 if match is None else len(match[0])


def free_name(text: str) -> str:
    """Return a name for the migration's module that a text does not use."""
    name, number = "Migration", 2
    while re.search(rf"\b{name}\b", text):
        name, number = f"Migration{number}", number + 1
    return name
