"""A plan as lines for a terminal: what it is, each canister, each change, what stands in the way, what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.report.drawing import wrapped
from analyzer.report.text import text_lines
from analyzer.report.words import clean
from migrator.plan.words import head, of_target, proof_words, standing, steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.report.drawing import Drawing, Line
    from migrator.plan.file import SavedPlan
    from migrator.plan.model import Target
    from migrator.plan.proven import Proven

_NAME = 14  # columns of what stands before the words


def plan_lines(saved: SavedPlan, found: Proven, path: str, drawing: Drawing) -> Iterator[Line]:
    """Give the lines of a plan whose bytes were looked at again. path: what to call it in commands."""
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
        yield from _looked_at(target, drawing)
    yield []
    several = len(saved.plan.targets) > 1
    proven = "as each canister above has it" if several else proof_words(saved.plan.targets[0])
    yield from text_lines(found.changes, drawing, f"proof: {proven}")
    yield []
    blocking = standing(saved.plan)
    if blocking:
        yield [(f"{len(blocking)} change(s) stand in the way: ", "breaking"), ("neither approve nor migrate go on", "")]
        for target, change in blocking:
            words = f"[{change.fingerprint[:12]}] {target.name}: {change.rule or 'unexplained'} {change.path}"
            yield from wrapped(clean(words, 200), drawing, [("  ", "")], [("    ", "")], "")
    else:
        accepted = sum(one.accepted is not None for target in saved.plan.targets for one in target.changes)
        yield [("nothing stands in the way", "safe"), (f"; {accepted} change(s) accepted" if accepted else "", "")]
        looked = ((target, check) for target in saved.plan.targets for check in target.prechecks)
        refused = [(target, check) for target, check in looked if check.outcome == "refuse"]
        for target, check in refused:
            words = f"{clean(target.name)} may not be upgraded: {check.title}: {check.words}"
            yield from wrapped(words, drawing, [("", "")], [("  ", "")], "breaking")
        if not refused:
            yield [(drawing.text(f"  ctxcheck approve {path} --reason TEXT"), "dim")]
            yield [(drawing.text(f"  ctxcheck migrate {path}"), "dim")]


_STYLES = {"pass": "safe", "warn": "lossy", "refuse": "breaking", "unknown": "undecided", "later": "dim"}
_WORDS = {"pass": "ok", "warn": "warn", "refuse": "REFUSED", "unknown": "unknown", "later": "in run"}


def _looked_at(target: Target, drawing: Drawing) -> Iterator[Line]:
    """Give what was looked at before: what is not well in full, the rest by name."""
    named = [one for one in target.prechecks if one.outcome not in ("pass", "later")]
    for one in named:
        lead = [(f"    {_WORDS[one.outcome]:<8}", _STYLES[one.outcome]), (f"{one.id:<4} {clean(one.title)}: ", "")]
        yield from wrapped(clean(one.words, 300), drawing, lead, [(" " * 17, "")], "dim")
    for outcome in ("pass", "later"):
        titles = [clean(one.title) for one in target.prechecks if one.outcome == outcome]
        if titles:
            lead = [(f"    {_WORDS[outcome]:<8}", _STYLES[outcome])]
            yield from wrapped(", ".join(titles), drawing, lead, [(" " * 12, "")], "dim")


def _pair(name: str, words: str, drawing: Drawing, style: str = "") -> Iterator[Line]:
    yield from wrapped(words, drawing, [(f"  {name:<{_NAME}}", "dim")], [(" " * (_NAME + 2), "")], style)
