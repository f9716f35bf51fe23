"""Timers that nothing sets again: an upgrade removes all timers of a canister."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analyzer.lint.finding import Found
from analyzer.model import Verdict
from analyzer.text import location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.lint.code import Actor, Part

_MODULE = re.compile(r"mo:[\w-]+/Timer\Z")
_SETTERS = r"(?:setTimer|recurringTimer)\b"
_KEPT = "it is set when the variable gets its first value, and that is kept: after an upgrade nothing sets it"
_CALLED = "it is set in a call: after an upgrade it is gone until someone calls that again"


def timers(actor: Actor) -> Iterator[Found]:
    """Yield where timers are set and neither the start of a version nor `postupgrade` leads there."""
    imports = [d for d in actor.file.declarations if d.kind == "import" and _MODULE.search(d.path)]
    if not imports:
        return
    names = "|".join(re.escape(d.name) for d in imports if d.name is not None)
    own = any(d.name is None for d in imports)
    sets = re.compile(
        "|".join(filter(None, [rf"\b(?:{names})\s*\.\s*{_SETTERS}" if names else "", rf"\b{_SETTERS}" if own else ""]))
    )
    kept = {id(part) for part in actor.kept()}
    functions = {p.declaration.name: p for p in actor.parts if p.declaration.kind == "function" and p.declaration.name}
    reached = _reached(actor, kept, functions)
    for part in actor.parts:
        one = part.declaration
        if one.kind not in ("let", "var", "function") or not sets.search(part.code):
            continue
        where = location(actor.file.sources, one.span)
        if id(part) in kept:
            yield Found("timer_lost", Verdict.LOSSY, one.name or "", _KEPT, where)
        elif one.kind == "function" and one.name not in reached:
            yield Found("timer_lost", Verdict.LOSSY, one.name or "", _CALLED, where)


def _reached(actor: Actor, kept: set[int], functions: dict[str, Part]) -> set[str]:
    """Return the functions that the start of a version leads to: its transient variables, its statements, its hooks."""
    todo: list[str] = []
    for part in actor.parts:
        one = part.declaration
        starts = one.kind in ("let", "var", "pattern") and id(part) not in kept
        runs = one.kind == "function" and "system" in one.marks
        if starts or runs or one.kind == "expression":
            todo.append(part.code)
    reached = {p.declaration.name for p in functions.values() if "system" in p.declaration.marks}
    found: set[str] = {name for name in reached if name is not None}
    while todo:
        code = todo.pop()
        for name, part in functions.items():
            if name not in found and re.search(rf"(?<![\w.]){re.escape(name)}\b", code):
                found.add(name)
                todo.append(part.code)
    return found
