"""Stable variables whose types come from a package that is now another version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from analyzer.lint.finding import Found
from analyzer.model import Verdict
from analyzer.text import location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from analyzer.lint.code import Actor


class Bump(NamedTuple):
    """Versions of a package, as the project asks for it."""

    old: str
    new: str


def libraries(actor: Actor, bumps: Mapping[str, Bump], brought: Callable[[str], set[str]]) -> Iterator[Found]:
    """Yield the variables that a package has to do with. brought: the packages behind an import's path, all of them."""
    if not bumps:
        return
    aliases = {d.name: brought(d.path) & bumps.keys() for d in actor.file.declarations if d.kind == "import" and d.name}
    types = {p.declaration.name: p.code for p in actor.parts if p.declaration.kind == "type" and p.declaration.name}
    for part in actor.kept():
        packages = _packages(part.code, aliases, types)
        for package in sorted(packages):
            bump = bumps[package]
            effect = f"its type may come from {package}, which was {bump.old} and is {bump.new}"
            where = location(actor.file.sources, part.declaration.span)
            yield Found("library_changed", Verdict.LOSSY, part.declaration.name or "", effect, where, package)


def _packages(code: str, aliases: Mapping[str, set[str]], types: Mapping[str, str]) -> set[str]:
    found: set[str] = set()
    seen: set[str] = set()
    todo = [code]
    while todo:
        words = set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", todo.pop()))
        for word in words - seen:
            seen.add(word)
            found |= aliases.get(word, set())
            if word in types:
                todo.append(types[word])
    return found
