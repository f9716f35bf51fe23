"""The page: banner, picture, cards, table, and the same as JSON, in one text of less than 300,000 bytes."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

from analyzer.model import Surface, Verdict
from analyzer.report.block import Block, blocks
from analyzer.report.html.banner import banner, heading
from analyzer.report.html.card import badge, card, card_id
from analyzer.report.html.element import Element, Inline, Node, element, html, inline
from analyzer.report.html.picture import picture
from analyzer.report.html.script import SCRIPT
from analyzer.report.html.style import STYLE
from analyzer.report.html.table import rows, table
from analyzer.report.json import SCHEMA, document
from analyzer.report.words import called, clean, totals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from analyzer.compare.versions import ChangeSet

MAX_BYTES = 300_000
_CARDS = 120_000  # bytes for all cards; what has no card is in the table
_ROWS = 50_000
_PICTURES = 60_000
_OCCURRENCES = 500  # of more, the JSON would not fit
_FILTERS = {
    "verdict": [(verdict.value, verdict.value) for verdict in reversed(Verdict)],
    "surface": [(surface.value, surface.value) for surface in Surface],
    "blocked": [("yes", "blocks")],
}


def html_text(changes: ChangeSet, version: str) -> str:
    """Return the report as HTML. version: of ctxcheck."""
    text = _whole(changes, version, _data(changes, version))
    if len(text.encode()) > MAX_BYTES:
        text = _whole(changes, version, None)
    return text


def _whole(changes: ChangeSet, version: str, data: Inline | None) -> str:
    style, script = inline("style", STYLE), inline("script", SCRIPT)
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("link", rel="icon", href="data:,"),
        element("title", f"ctxcheck: {changes.verdict}: {totals(changes.edits)} ({heading(changes)})"),
        style,
    )
    body = element(
        "body",
        element("a", "Skip to the changes", href="#changes", class_="skip"),
        banner(changes),
        element("main", *_main(changes)),
        _footer(version, embedded=data is not None),
        data,
        script,
    )
    return f"<!doctype html>\n{html(element('html', head, body, lang='en'))}\n"


def _policy(style: Inline, script: Inline) -> str:
    """Return the content security policy: this style, this script, and nothing from anywhere."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(part: Inline) -> str:
    return f"sha256-{b64encode(sha256(part.text.encode()).digest()).decode()}"


def _data(changes: ChangeSet, version: str) -> Inline | None:
    """Return the JSON report, which no script of the page reads; None where it is too long."""
    if len(changes.occurrences) > _OCCURRENCES:
        return None
    text = json.dumps(document(changes, version), separators=(",", ":"))
    return inline("script", text.replace("<", "\\u003c"), "application/json")


def _main(changes: ChangeSet) -> Iterator[Node]:
    found = [(called(canister), block) for canister in changes.canisters for block in blocks(canister.edits)]
    if not found:
        same = changes.verdict == Verdict.SAFE
        said = "The two versions offer the same." if same else "The verdict follows from no single change."
        yield element("p", said, class_="empty", id="changes")
        return
    several = len(changes.canisters) > 1
    found.sort(key=lambda one: not one[1].blocked)
    cards = _fitting((card(block, name if several else None) for name, block in found), _CARDS)
    linked = {card_id(block) for _, block in found[: len(cards)]}
    yield from _pictures(changes, linked)
    yield _filters([block for _, block in found])
    yield element("section", *_changes(changes, len(found), cards), id="changes")
    lines = _fitting(rows([(name if several else None, block) for name, block in found], linked=linked), _ROWS)
    total = sum(len(block.sections) for _, block in found)
    left = f"; {total - len(lines)} more are in --format json" if len(lines) < total else ""
    caption = f"{total} finding{'' if total == 1 else 's'}, by change and rule{left}"
    yield element("section", element("h2", "All changes"), table(caption, lines))


def _changes(changes: ChangeSet, found: int, cards: list[Element]) -> Iterator[Node]:
    yield element("h2", "Changes")
    edits = len(changes.edits)
    if edits > found:
        said = f"{found} changes with {edits} verdicts: a change of a type that both surfaces have is one, with two."
        yield element("p", said, class_="more intro")
    yield from cards
    if len(cards) < found:
        yield element("p", f"{found - len(cards)} more are in the table alone.", class_="more")


def _pictures(changes: ChangeSet, linked: set[str]) -> Iterator[Node]:
    drawn = []
    for number, canister in enumerate(changes.canisters):
        one = picture(canister, number, linked)
        if one is not None:
            name = element("h3", called(canister)) if len(changes.canisters) > 1 else None
            drawn.append(element("section", name, one, class_="drawn"))
    kept = _fitting(drawn, _PICTURES)
    if kept:
        found = {occurrence.verdict for occurrence in changes.occurrences}
        met = [verdict for verdict in reversed(Verdict) if verdict in found]
        yield element("h2", "What changed, and the way to it")
        signs = [element("li", badge(verdict), class_=verdict.value) for verdict in met]
        yield element("ul", *signs, class_="legend", aria_label="what the lines mean")
        yield from kept
        if len(kept) < len(drawn):
            yield element(
                "p", f"{len(drawn) - len(kept)} more pictures are left out, to keep this page small.", class_="more"
            )


def _fitting(elements: Iterable[Element], room: int) -> list[Element]:
    """Return as many of the elements as fit into so many bytes."""
    kept = []
    for one in elements:
        room -= len(html(one).encode())
        if room < 0:
            break
        kept.append(one)
    return kept


def _filters(found: list[Block]) -> Element:
    """Return what chooses among the cards and rows, of what there is; it is there only where scripts run."""
    sections = [part for block in found for part in block.sections]
    there = {
        "verdict": {occurrences[0].verdict.value for _, occurrences in sections},
        "surface": {edit.surface.value for edit, _ in sections},
        "blocked": {"yes" if block.blocked else "no" for block in found},
    }
    return element(
        "nav",
        *(
            element(
                "span", *(_choice(kind, *one) for one in words if one[0] in there[kind]), role="group", aria_label=kind
            )
            for kind, words in _FILTERS.items()
            if len(there[kind]) > 1
        ),
        element("input", id="search", type="search", placeholder="search  /", aria_label="search the changes"),
        element("button", "clear", type="button", id="reset"),
        element("output", id="shown", aria_live="polite"),
        class_="filters",
        aria_label="filters",
    )


def _choice(kind: str, value: str, word: str) -> Element:
    about = {"data_set": kind, "data_value": value, "aria_pressed": "false"}
    return element("button", word, type="button", class_=value, **about)


def _footer(version: str, *, embedded: bool) -> Element:
    data = (
        f"This page carries its data as {SCHEMA}."
        if embedded
        else "The data are too long for this page: --format json has them."
    )
    return element(
        "footer",
        element("p", f"Made by ctxcheck {clean(version)}. {data}"),
        element(
            "p",
            "A rule is explained by ",
            element("code", "ctxcheck explain RULE"),
            ". Keys: j and k go from change to change, / searches, Esc clears.",
            class_="keys",
        ),
    )
