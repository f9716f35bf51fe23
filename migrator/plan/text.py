"""A plan as lines for a terminal: what it is, each canister, each change, what stands in the way, what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.report.drawing import wrapped
from analyzer.report.text import text_lines
from analyzer.report.words import clean
from migrator.plan.words import head, of_target, standing, steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.report.drawing import Drawing, Line
    from migrator.plan.file import SavedPlan
    from migrator.plan.proven import Proven

_NAME = 14  # columns of what stands before the words


def plan_lines(saved: SavedPlan, found: Proven, drawing: Drawing) -> Iterator[Line]:
    """Give the lines of a plan whose bytes were looked at again."""
    yield [("plan ", "bold"), (saved.digest, "bold")]
    if saved.plan.message:
        yield [(drawing.text(clean(saved.plan.message, 300)), "")]
    yield []
    for name, words in head(saved.plan):
        yield from _pair(name, words, drawing)
    for note in found.notes:
        yield from _pair("note", note, drawing, "lossy")
    for target in saved.plan.targets:
        yield []
        yield [(drawing.text(clean(target.name)), "bold"), (f"  {target.canister}", "dim")]
        for name, words in of_target(target):
            yield from _pair(name, words, drawing)
        yield from _pair("steps", f" {drawing.arrow} ".join(steps(target)), drawing)
    yield []
    yield from text_lines(found.changes, drawing)
    yield []
    blocking = standing(saved.plan)
    if blocking:
        yield [(f"{len(blocking)} change(s) stand in the way: ", "breaking"), ("neither approve nor migrate go on", "")]
        for target, one in blocking:
            words = f"[{one.fingerprint[:12]}] {target.name}: {one.rule or 'unexplained'} {one.path}"
            yield from wrapped(clean(words, 200), drawing, [("  ", "")], [("    ", "")], "")
    else:
        accepted = sum(one.accepted is not None for target in saved.plan.targets for one in target.changes)
        yield [("nothing stands in the way", "safe"), (f"; {accepted} change(s) accepted" if accepted else "", "")]
        yield [("  ctxcheck approve PLAN --reason TEXT", "dim")]
        yield [("  ctxcheck migrate PLAN", "dim")]


def _pair(name: str, words: str, drawing: Drawing, style: str = "") -> Iterator[Line]:
    yield from wrapped(words, drawing, [(f"  {name:<{_NAME}}", "dim")], [(" " * (_NAME + 2), "")], style)
