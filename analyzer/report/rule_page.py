"""What is said of a rule, of all rules, and of the guide's kinds of change, for a terminal."""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

from analyzer.model import Surface
from analyzer.report.drawing import Drawing, Line, cells, shortened, visible, wrapped
from analyzer.report.words import advice
from analyzer.rules.examples import example_of
from analyzer.rules.guide import Kind, Promise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from analyzer.rules.rule import Rule

_SHOWN_EXAMPLE = 40  # lines


def page_lines(rule: Rule, drawing: Drawing) -> Iterator[Line]:
    """Yield the page of one rule."""
    yield [(drawing.mark(rule.verdict), rule.verdict), (f" {rule.id} {rule.slug}", "bold")]
    yield []
    yield from wrapped(f"{rule.title}.", drawing, [], [])
    yield []
    for label, text in facts(rule):
        yield from wrapped(text, drawing, [(f"{label:<10}", "dim")], [(" " * 10, "")])
    example = example_of(rule)
    if example is not None and example.is_text:
        yield []
        yield [("example", "bold")]
        yield from _difference(example.old, example.new, drawing)
        yield []
        yield [("near miss, which falls under other rules", "bold")]
        yield from _difference(example.old, example.miss, drawing)


def facts(rule: Rule) -> Iterator[tuple[str, str]]:
    """Yield label and text of everything that a rule says."""
    code = f", moc {rule.moc}" if rule.moc else ""
    yield "verdict", f"{rule.verdict}{code}"
    yield "surface", _SURFACES[rule.surface]
    yield "breaks", _BREAKS.get(rule.breaks, rule.breaks)
    yield "why", rule.why
    yield from advice(rule)
    for promise in rule.promises:
        yield "promise", f'"{promise.value.text}": {promise.value.truth}'
    yield "reference", rule.reference


_SURFACES = {
    Surface.STABLE: "stable: the data that an upgrade keeps",
    Surface.CANDID: "candid: what clients see",
}


_BREAKS = {
    "": "nobody",
    "state": "state: the upgrade is refused, or stored data is lost",
    "guide": "nobody; the guide alone calls it breaking",
}


def _difference(old: Path, new: Path, drawing: Drawing) -> Iterator[Line]:
    before, after = (path.read_text("utf-8").splitlines() for path in (old, new))
    if before == after:
        changed = [f" {line}" for line in before]
    else:
        changed = list(unified_diff(before, after, lineterm="", n=10))[3:]
    for line in changed[:_SHOWN_EXAMPLE]:
        style = {"-": "breaking", "+": "safe"}.get(line[:1], "dim")
        shown = f"  {line[:1]} {visible(line[1:])}"
        yield [(shortened(drawing.text(shown), drawing.width, drawing), style)]
    if len(changed) > _SHOWN_EXAMPLE:
        yield [(f"    {drawing.ellipsis} {len(changed) - _SHOWN_EXAMPLE} more lines", "dim")]


def list_lines(rules: Iterable[Rule], drawing: Drawing) -> Iterator[Line]:
    """Yield a line for each rule."""
    surface = None
    for rule in rules:
        if rule.surface != surface:
            if surface is not None:
                yield []
            surface = rule.surface
            yield [(_SURFACES[surface], "bold")]
        lead: Line = [(f"  {drawing.mark(rule.verdict)} {rule.verdict:<9} ", rule.verdict), (f"{rule.id}  ", "bold")]
        yield from wrapped(rule.title, drawing, lead, [(" " * sum(cells(text) for text, _ in lead), "")])


def guide_lines(rules: Iterable[Rule], drawing: Drawing) -> Iterator[Line]:
    """Yield what the guide says of changes and of EOP, the truth of it, and the rules that it rests on."""
    rules = list(rules)
    for safe, heading in (
        (True, "The guide calls these changes safe"),
        (False, "The guide calls these changes breaking"),
    ):
        yield [(heading, "bold")]
        for kind in Kind:
            if kind.value.safe == safe:
                yield []
                yield from wrapped(kind.value.text, drawing, [("  ", "")], [("  ", "")], "bold")
                for surface, truth in ((Surface.STABLE, kind.value.stable), (Surface.CANDID, kind.value.candid)):
                    yield from _truth(
                        surface, truth, [r for r in rules if r.guide is kind and r.surface == surface], drawing
                    )
        yield []
    yield [("The guide promises of Enhanced Orthogonal Persistence", "bold")]
    for promise in Promise:
        yield []
        yield from wrapped(promise.value.text, drawing, [("  ", "")], [("  ", "")], "bold")
        yield from wrapped(promise.value.truth, drawing, [("    truth   ", "dim")], [(" " * 12, "")])
        named = [rule for rule in rules if promise in rule.promises]
        if named:
            yield from _named(named, drawing)


def _truth(surface: Surface, truth: str, rules: list[Rule], drawing: Drawing) -> Iterator[Line]:
    yield from wrapped(truth, drawing, [(f"    {surface:<8}", "dim")], [(" " * 12, "")])
    if rules:
        yield from _named(rules, drawing)


def _named(rules: list[Rule], drawing: Drawing) -> Iterator[Line]:
    lead = " " * 12
    line: Line = [(lead, "")]
    used = len(lead)
    for rule in rules:
        piece = f"{drawing.mark(rule.verdict)} {rule.id}  "
        if used + cells(piece) > drawing.width:
            yield line
            line, used = [(lead, "")], len(lead)
        line.append((piece, rule.verdict))
        used += cells(piece)
    yield line
