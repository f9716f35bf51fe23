"""A suggested migration, for a terminal: what becomes of each variable, the text, and how far it is proven."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.model import Verdict
from analyzer.report.drawing import Drawing, Line, cells, shortened, visible, wrapped
from analyzer.report.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.sources.carried import Edited, Proof
    from analyzer.suggest.candid import Alternative
    from analyzer.suggest.migration import Suggestion, Variable
    from migrator.rehearsal.model import Rehearsal

_LABEL = 12
_STYLES = {"dropped": Verdict.LOSSY, "kept": "dim"}


def migration_lines(
    suggestion: Suggestion, edited: Edited, proof: Proof, rehearsal: Rehearsal | None, drawing: Drawing
) -> Iterator[Line]:
    """Yield the lines of a migration. rehearsal: of it, on real state, where there is one."""
    yield from _variables(suggestion, drawing)
    yield []
    yield [(drawing.text(clean(str(edited.path), 200)), "bold")]
    for line in suggestion.module.splitlines():
        style = "lossy" if "CHECK: " in line else ""
        yield [(f"  {drawing.text(visible(line))}" if line else "", style)]
    if edited.lines:
        yield []
        yield [(drawing.text(clean(str(edited.program.main), 200)), "bold")]
        for line in edited.lines:
            yield [(f"  {drawing.text(visible(line))}", "")]
        yield [("  persistent actor ...", "dim")]
    yield []
    yield from _proof(suggestion, edited, proof, rehearsal, drawing)


def _variables(suggestion: Suggestion, drawing: Drawing) -> Iterator[Line]:
    changed = [v for v in suggestion.variables if v.what != "kept"]
    room = max((cells(drawing.text(clean(v.name, 40))) for v in changed), default=0)
    for one in changed:
        lead: Line = [(f"  {drawing.text(clean(one.name, 40)):<{room}}  ", "bold")]
        lead.append((f"{one.what:<10} ", _STYLES.get(one.what, "")))
        yield from wrapped(_types(one, drawing), drawing, lead, [(" " * (room + 15), "")], "dim")
    kept = len(suggestion.variables) - len(changed)
    if kept:
        yield [
            (f"  {kept} other variable{'s' if kept > 1 else ''} kept as {'they are' if kept > 1 else 'it is'}", "dim")
        ]


def _types(one: Variable, drawing: Drawing) -> str:
    shown = [clean(text, 90) for text in (one.old, one.new) if text is not None]
    return f" {drawing.arrow} ".join(shown)


def _proof(
    suggestion: Suggestion, edited: Edited, proof: Proof, rehearsal: Rehearsal | None, drawing: Drawing
) -> Iterator[Line]:
    where = "in your program" if edited.own else "with a skeleton of the new version: NEW is no program"
    if proof.compiled is None:
        yield from _said(
            "compiled", Verdict.UNDECIDED, "not compiled: there is no compiler; `ctxcheck doctor`", drawing
        )
    elif not proof.compiled:
        yield from _said("compiled", Verdict.BREAKING, f"it does not compile: {clean(proof.why or '', 400)}", drawing)
    else:
        yield from _said("compiled", Verdict.SAFE, f"by {proof.compiler}, {where}", drawing)
        if proof.accepted:
            what = "its signature takes over what the old version left, and keeps what the new one does"
            yield from _said("checked", Verdict.SAFE, what, drawing)
        else:
            codes = f" ({', '.join(proof.codes)})" if proof.codes else ""
            yield from _said("checked", Verdict.BREAKING, f"refused: {proof.why}{codes}", drawing)
    yield from _rehearsed(rehearsal, drawing)
    if suggestion.checks:
        count = len(suggestion.checks)
        what = f"{count} place{'s' if count > 1 else ''} marked CHECK, where only you know what is right"
        yield from _said("look at", Verdict.LOSSY, what, drawing)


def _rehearsed(rehearsal: Rehearsal | None, drawing: Drawing) -> Iterator[Line]:
    if rehearsal is None:
        words = "not on any state: types are proven, values are not"
        yield from _said("rehearsed", Verdict.UNDECIDED, words, drawing)
        return
    found = rehearsal.found
    summary = "" if found.values is None else f": {found.values.summary or found.values.why}"
    if rehearsal.accepted:
        yield from _said("rehearsed", Verdict.SAFE, f"on {clean(rehearsal.state, 200)}{summary}", drawing)
        return
    said = found.said.message if found.said is not None else found.why or found.outcome
    yield from _said("rehearsed", Verdict.BREAKING, f"on {clean(rehearsal.state, 200)}: {clean(said, 400)}", drawing)


def _said(label: str, verdict: Verdict, text: str, drawing: Drawing) -> Iterator[Line]:
    lead: Line = [(f"{drawing.mark(verdict)} ", verdict), (f"{label:<{_LABEL}}", "bold")]
    yield from wrapped(text, drawing, lead, [(" " * (_LABEL + 2), "")])


def alternative_lines(found: Alternative, drawing: Drawing) -> Iterator[Line]:
    """Yield the lines of a compatible interface."""
    yield [("candid: keep what old clients call, and give what is new a name of its own", "bold")]
    for line in found.types:
        yield [(shortened(f"  {drawing.text(visible(line))}", drawing.width, drawing), "")]
    for one in found.methods:
        yield from _signature("keep", one.name, one.old, drawing)
        if one.instead is not None and one.new is not None:
            yield from _signature("add", one.instead, one.new, drawing)
    verdict = Verdict.SAFE if found.proven else Verdict.UNDECIDED
    what = "didc: compatible; no known client breaks" if found.proven else "not proven: look at `ctxcheck diff`"
    yield from _said("checked", verdict, what, drawing)


def _signature(what: str, name: str, text: str, drawing: Drawing) -> Iterator[Line]:
    lead: Line = [(f"  {what:<5}", "dim")]
    yield from wrapped(f"{clean(name)} : {visible(text)};", drawing, lead, [(" " * 9, "")])
