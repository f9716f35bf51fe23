"""The page: banner, picture, cards, table, and the same as JSON, in one text of less than 300,000 bytes."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

from analyzer.model import Verdict
from analyzer.report.block import blocks
from analyzer.report.html.banner import banner, heading
from analyzer.report.html.card import badge, card, card_id
from analyzer.report.html.element import Element, Inline, Node, element, html, inline
from analyzer.report.html.picture import picture
from analyzer.report.html.script import SCRIPT
from analyzer.report.html.style import STYLE
from analyzer.report.html.table import rows, table
from analyzer.report.json import SCHEMA, document
from analyzer.report.words import clean, totals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from analyzer.compare.versions import ChangeSet

MAX_BYTES = 300_000
_CARDS = 120_000  # bytes for all cards; what has no card is in the table
_ROWS = 50_000
_PICTURES = 60_000
_OCCURRENCES = 500  # of more, the JSON would not fit
_FILTERS = {
    "verdict": {"breaking": "breaking", "undecided": "undecided", "lossy": "lossy", "safe": "safe"},
    "surface": {"stable": "stable", "candid": "candid"},
    "blocked": {"yes": "blocks"},
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
    found = [block for canister in changes.canisters for block in blocks(canister.edits)]
    if not found:
        yield element("p", "The two versions offer the same.", class_="empty", id="changes")
        return
    found.sort(key=lambda block: not block.blocked)
    yield from _pictures(changes)
    yield _filters()
    cards = _fitting((card(block) for block in found), _CARDS)
    edits = len(changes.edits)
    said = f"{len(found)} changes with {edits} verdicts: a change of a type that both surfaces have is one, with two."
    parts: list[Node] = [
        element("h2", "Changes"),
        element("p", said, class_="more intro") if edits > len(found) else None,
        *cards,
    ]
    if len(cards) < len(found):
        parts.append(element("p", f"{len(found) - len(cards)} more are in the table alone.", class_="more"))
    yield element("section", *parts, id="changes")
    lines = _fitting(rows(found, linked={card_id(block) for block in found[: len(cards)]}), _ROWS)
    total = sum(len(block.sections) for block in found)
    left = f"; {total - len(lines)} more are in --format json" if len(lines) < total else ""
    yield element("section", element("h2", "All changes"), table(f"{total} findings, by change and rule{left}", lines))


def _pictures(changes: ChangeSet) -> Iterator[Node]:
    drawn = [picture(canister, number) for number, canister in enumerate(changes.canisters)]
    kept = _fitting([one for one in drawn if one is not None], _PICTURES)
    if kept:
        found = {occurrence.verdict for occurrence in changes.occurrences}
        signs = [
            element("li", badge(verdict), class_=verdict.value) for verdict in reversed(Verdict) if verdict in found
        ]
        yield element("h2", "What changed, and the way to it")
        yield element("ul", *signs, class_="legend", aria_label="what the lines mean")
        yield from kept


def _fitting(elements: Iterable[Element], room: int) -> list[Element]:
    """Return as many of the elements as fit into so many bytes."""
    kept = []
    for one in elements:
        room -= len(html(one).encode())
        if room < 0:
            break
        kept.append(one)
    return kept


def _filters() -> Element:
    """Return what chooses among the cards and rows; it is there only where scripts run."""
    return element(
        "nav",
        *(
            element("span", *(_choice(kind, *choice) for choice in values.items()), role="group", aria_label=kind)
            for kind, values in _FILTERS.items()
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
