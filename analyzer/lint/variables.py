"""Stable variables whose type is not what it seems: `Any`, or inferred from a first value that may well change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analyzer.lint.finding import Found
from analyzer.model import Verdict
from analyzer.motoko.types import Kind
from analyzer.text import location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.lint.code import Actor

# What a first value looks like that gives a type which another first value would not: 0 is a Nat, -1 an Int.
_FRAGILE = (
    (re.compile(r"[-+]?\d[\d_]*\Z"), "a whole number: Nat, or Int where it has a sign"),
    (re.compile(r"[-+]?0x[\da-fA-F_]+\Z"), "a whole number: Nat, or Int where it has a sign"),
    (re.compile(r"null\Z"), "null: the type Null, which holds nothing else"),
    (re.compile(r"\[(?:var\b)?\s*\]\Z"), "an empty array: the type [None], which holds nothing else"),
    (re.compile(r"\["), "an array: of the least type that its elements have"),
    (re.compile(r"#\w"), "a case: the type has this case alone"),
    (re.compile(r"\{"), "a record: of the types of its fields' first values"),
    (re.compile(r"(?:if|switch|do)\b"), "a choice: the type has what is chosen here, and nothing else"),
)
_SHOWN = 60


def variables(actor: Actor) -> Iterator[Found]:
    """Yield the stable variables of an actor with a type that is Any, or inferred from such a value."""
    file = actor.file
    for part in actor.kept():
        one = part.declaration
        where = location(file.sources, one.span)
        if one.node >= 0:
            if file.table.kinds[one.node] == Kind.NAME and file.table.labels[one.node] == ("Any",):
                effect = "nothing can be read from an Any: it is reset at every upgrade"
                yield Found("any_declared", Verdict.LOSSY, one.name or "", effect, where)
        elif one.value is not None:
            value = file.text[one.value[0] : one.value[1]].strip()
            said = next((said for pattern, said in _FRAGILE if pattern.match(value)), None)
            if said is not None:
                effect = f"its type follows from {said}"
                shown = " ".join(value.split())
                text = shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"
                yield Found("initialiser_inferred", Verdict.SAFE, one.name or "", effect, where, text)
