"""Variables that a chain of migrations drops and later makes again: the old data does not come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.lint.finding import Found
from analyzer.model import Verdict
from analyzer.motoko.labels import label_key
from analyzer.motoko.types import Kind
from analyzer.text import location

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from analyzer.motoko.source.declarations import Declaration, SourceFile

_FUNCTION = "migration"


def added_again(steps: Mapping[str, SourceFile]) -> Iterator[Found]:
    """Yield what steps produce anew that an earlier one dropped; a type that is only named is not read.

    steps: by label.
    """
    dropped: dict[str, str] = {}
    for label in sorted(steps, key=label_key):
        file = steps[label]
        function = _function(file)
        if function is None:
            continue
        consumed, produced = _fields(file, _argument(function)), _fields(file, function.node)
        for name in sorted(produced):
            if name in dropped:
                effect = f'"{dropped[name]}" dropped it: what it held then does not come back'
                where = location(file.sources, function.span)
                yield Found("variable_again", Verdict.LOSSY, name, effect, where)
                del dropped[name]
        dropped |= dict.fromkeys(consumed - produced, label)


def _function(file: SourceFile) -> Declaration | None:
    unit = file.unit
    inside = unit.inside if unit is not None and unit.kind == "module" else ()
    return next((d for d in inside if d.kind == "function" and d.name == _FUNCTION and "public" in d.marks), None)


def _argument(function: Declaration) -> int:
    return function.arguments[0].node if function.arguments else -1


def _fields(file: SourceFile, node: int) -> set[str]:
    if node < 0 or file.table.kinds[node] != Kind.OBJECT:
        return set()
    return set(file.table.labels[node][1:])
