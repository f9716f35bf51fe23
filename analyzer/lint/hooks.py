"""`system func preupgrade` and `postupgrade`: code that an upgrade has to get through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.lint.finding import Found
from analyzer.model import Verdict
from analyzer.text import location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.lint.code import Actor

_EFFECTS = {
    "preupgrade": "where it traps, or needs more instructions than there are, no upgrade passes any more",
    "postupgrade": "where it traps, the upgrade is undone",
}


def hooks(actor: Actor) -> Iterator[Found]:
    """Yield the hooks of an actor."""
    for part in actor.parts:
        one = part.declaration
        if one.kind == "function" and "system" in one.marks and one.name in _EFFECTS:
            where = location(actor.file.sources, one.span)
            yield Found("upgrade_hook", Verdict.LOSSY, one.name, _EFFECTS[one.name], where)
