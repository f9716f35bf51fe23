"""A card for each change: both sides, and for each rule that it falls under where, who breaks, why and what to do."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from analyzer.model import Verdict
from analyzer.policy.levels import may_be_accepted
from analyzer.report.block import accept_command, said
from analyzer.report.drawing import Drawing, shortened, tail
from analyzer.report.excerpt import marked, place
from analyzer.report.html.element import Element, Node, element
from analyzer.report.words import blocked_by, clean, step_text, title, who_breaks
from analyzer.rules import find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.model import Edit, Occurrence, Side
    from analyzer.report.block import Block

DRAWING = Drawing()
_SHOWN_PATHS = 8
_AROUND = 60  # characters of a line on each side of the changed part
_PART = 400
_LABELS = {"e.g.": "example", "guide": "the guide", "let": "accepted"}


def card_id(block: Block) -> str:
    """Return what a link in the page calls a change."""
    return f"change-{block.edits[0].id}"


def edit_ids(block: Block) -> str:
    """Return the names by which the picture and the card of a change know each other."""
    return f"e{block.edits[0].id}"


def card(block: Block, canister: str | None = None) -> Element:
    """Return the card of a change. One that is safe and blocks nothing is folded. canister: whose, where not clear."""
    first = block.edits[0]
    folded = block.verdict == Verdict.SAFE and not block.blocked
    surfaces = [edit.surface.value for edit in block.edits]
    head: list[Node] = [
        badge(block.verdict),
        element("h3", *_title(first)),
        element(
            "span",
            element("span", "in ", element("b", clean(first.owner)), class_="owner") if first.owner else None,
            chip(clean(canister)) if canister is not None else None,
            *(chip(surface) for surface in surfaces),
            class_="about",
        ),
    ]
    body = [_sides(first), *(_finding(e, occurrences, other=e is not first) for e, occurrences in block.sections)]
    about = {
        "id": card_id(block),
        "class_": f"card {block.verdict}",
        "tabindex": -1,
        "data_edit": edit_ids(block),
        **filters(_met(block), surfaces, blocked=block.blocked),
    }
    if folded:
        head.insert(2, path_list(first.occurrences[0]))
        return element("details", element("summary", *head), *body, **about)
    return element("article", element("header", *head), *body, **about)


def _met(block: Block) -> list[Verdict]:
    """Return the verdicts by which a change is found: safe only where it is nothing else."""
    met = dict.fromkeys(occurrences[0].verdict for _, occurrences in block.sections)
    return [verdict for verdict in met if verdict != Verdict.SAFE] or [Verdict.SAFE]


def filters(verdicts: list[Verdict], surfaces: list[str], *, blocked: bool) -> dict[str, str | int | None]:
    """Return the attributes by which a card or a row is found."""
    return {
        "data_verdict": " ".join(verdicts),
        "data_surface": " ".join(surfaces),
        "data_blocked": "yes" if blocked else "no",
    }


def badge(verdict: Verdict) -> Element:
    """Return a verdict as sign and word, never as a colour alone."""
    sign = element("span", DRAWING.mark(verdict), aria_hidden="true")
    return element("span", sign, f" {verdict}", class_=f"badge {verdict}")


def chip(text: str) -> Element:
    """Return a word in a frame."""
    return element("span", text, class_="chip")


def path_list(occurrence: Occurrence) -> Element | None:
    """Return the way to a change as breadcrumbs; None where it is the whole."""
    root = [clean(occurrence.root)] if occurrence.root else []
    steps = [*root, *map(step_text, occurrence.path)]
    return element("ol", *(element("li", step) for step in steps), class_="path") if steps else None


def _title(edit: Edit) -> tuple[Node, ...]:
    what, _, rest = title(edit).partition(": ")
    what = what[:1].upper() + what[1:]
    old, new = edit.old.type, edit.new.type
    if old is not None and new is not None and not edit.kind.endswith("_renamed"):
        label = (element("code", clean(edit.label)), " : ") if edit.label is not None else ()
        return (f"{what} ", *label, element("code", old), f" {DRAWING.arrow} ", element("code", new))
    return (f"{what} ", element("code", rest)) if rest else (what,)


def _prose(text: str) -> Iterator[Node]:
    """Yield a sentence with what stands in backticks as code."""
    for i, part in enumerate(text.split("`")):
        yield element("code", part) if i % 2 else part


def _sides(edit: Edit) -> Element | None:
    if not (edit.old.locations or edit.new.locations or edit.old.type or edit.new.type):
        return None
    return element("div", _side("old", "del", edit.old), _side("new", "ins", edit.new), class_="sides")


def _side(label: str, tag: str, side: Side) -> Element:
    at = place(side.locations[0], DRAWING) if side.locations else None
    head = element("p", element("b", label), " ", element("span", at, class_="place") if at else None)
    if side.type is None:
        return element("div", head, element("p", "not there", class_="absent"), class_=f"side {label}")
    found = marked(side.locations[0]) if side.locations else None
    before, part, after = found or ("", side.type, "")
    before, part = before.lstrip(), part.rstrip()
    if found and side.locations[0].end_line > side.locations[0].start.line:
        part += f" {DRAWING.ellipsis}"
    line = (
        before if len(before) <= _AROUND else DRAWING.ellipsis + tail(before, _AROUND),
        element(tag, shortened(part, _PART, DRAWING)),
        shortened(after.rstrip(), _AROUND, DRAWING),
    )
    return element("div", head, element("pre", element("code", *line)), class_=f"side {label}")


def _finding(edit: Edit, occurrences: list[Occurrence], *, other: bool) -> Element:
    first = occurrences[0]
    rule = find(first.rule) if first.rule else None
    breaks = who_breaks(first)
    whom = blocked_by(first) or (f"breaks {breaks}" if breaks and breaks != "guide" else "")
    name: list[Node] = [element("b", first.rule or "unexplained")]
    if rule is not None:
        name.append(f" {rule.slug}")
    if first.code:
        name.append(f" (moc {first.code})")
    head = element(
        "p",
        badge(first.verdict),
        element("span", *name, class_="rule"),
        chip(edit.surface),
        element("span", whom, class_="whom blocks" if first.blocked_by else "whom") if whom else None,
        class_="finding-head",
    )
    return element(
        "section",
        head,
        _sides(edit) if other else None,
        *_paths(occurrences),
        _sentences(first),
        _fingerprints(occurrences),
        class_=f"finding {first.verdict}",
    )


def _paths(occurrences: list[Occurrence]) -> Iterator[Node]:
    for occurrence in occurrences[:_SHOWN_PATHS]:
        yield path_list(occurrence)
    if len(occurrences) > _SHOWN_PATHS:
        yield element("p", f"and {len(occurrences) - _SHOWN_PATHS} more ways", class_="more")


def _sentences(first: Occurrence) -> Element | None:
    if first.verdict == Verdict.SAFE and not first.blocked_by:
        return None
    rule = find(first.rule) if first.rule else None
    pairs: list[Node] = []
    for label, text in said(first, rule):
        kind = {"e.g.": "witness", "fix": "fix", "or": "fix"}.get(label)
        pairs.append(element("dt", _LABELS.get(label, label), class_=kind))
        if label == "e.g." and first.witness is not None:
            value = element("code", shortened(first.witness.value, _PART, DRAWING))
            pairs.append(element("dd", value, element("span", first.witness.outcome), class_=kind))
        else:
            pairs.append(element("dd", *_prose(text), class_=kind))
    return element("dl", *pairs)


def _fingerprints(occurrences: list[Occurrence]) -> Element:
    """Return the command that lets them through, to copy; of what may not pass or need not, the fingerprint."""
    first = occurrences[0]
    if first.blocked_by and may_be_accepted(first):
        command = shlex.join(accept_command(occurrences).split())
        return _to_copy("to let it through ", command, "")
    more = f" and {len(occurrences) - 1} more" if len(occurrences) > 1 else ""
    return _to_copy("fingerprint ", first.fingerprint[:12], more)


def _to_copy(label: str, text: str, more: str) -> Element:
    button = element("button", "copy", type="button", class_="copy", data_copy=text, aria_label=f"copy {text}")
    return element("p", label, element("code", text), more, " ", button, class_="fingerprint")
