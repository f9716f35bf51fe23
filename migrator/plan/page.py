"""A plan as one page of HTML that needs nothing else: what approvers read, and keep."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

from analyzer.report.block import blocks
from analyzer.report.html.card import card
from analyzer.report.html.element import element, html, inline
from analyzer.report.html.style import STYLE
from analyzer.report.words import clean
from migrator.plan.proven import rehearsal_of
from migrator.plan.words import head, of_target, standing, steps
from migrator.rehearsal.text import summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from analyzer.report.html.element import Element, Node
    from migrator.plan.file import SavedPlan
    from migrator.plan.proven import Proven

_CARDS = 200  # of one canister; a plan with more is read in the terminal


def plan_page(saved: SavedPlan, found: Proven) -> str:
    """Return the page of a plan whose bytes were looked at again."""
    return page(f"ctxcheck plan {saved.short}", list(plan_nodes(saved, found)))


def page(title: str, nodes: Sequence[Node], data: Node = None) -> str:
    """Return a page. data: what it carries for programs."""
    style = inline("style", STYLE)
    digest = b64encode(sha256(style.text.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    whole = element(
        "html",
        element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", http_equiv="Content-Security-Policy", content=policy),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="color-scheme", content="light dark"),
            element("link", rel="icon", href="data:,"),
            element("title", title),
            style,
        ),
        element("body", element("main", *nodes), data),
        lang="en",
    )
    return f"<!doctype html>\n{html(whole)}\n"


def plan_nodes(saved: SavedPlan, found: Proven, *, is_first: bool = True) -> Iterator[Node]:
    """Give what a page says of a plan. is_first: nothing stands above it."""
    yield element("h1" if is_first else "h2", f"Plan {saved.short}")
    yield element("p", "SHA-256 ", element("code", saved.digest))
    if saved.plan.message:
        yield element("p", clean(saved.plan.message, 300))
    yield _table([*head(saved.plan), *(("note", note) for note in found.notes)])
    yield _standing(saved)
    for target, canister in zip(saved.plan.targets, found.changes.canisters, strict=False):
        yield element("h2", f"{clean(target.name)} ({target.canister})")
        yield _table(of_target(target))
        yield element("p", "Steps: ", "; ".join(steps(target)))
        yield _table(
            (f"{one.outcome} {one.id}", f"{clean(one.title)}: {clean(one.words, 300)}") for one in target.prechecks
        )
        cards = blocks(canister.edits)
        yield from (card(block) for block in cards[:_CARDS])
        if len(cards) > _CARDS:
            yield element("p", f"{len(cards) - _CARDS} more: ctxcheck show PLAN")
        rehearsal = rehearsal_of(saved, target)
        if rehearsal is not None:
            yield element("h2", f"Rehearsal of {clean(target.name)}")
            yield _table(summary(rehearsal))


def _table(pairs: Iterable[tuple[str, str]]) -> Element:
    rows = [element("tr", element("th", name, scope="row"), element("td", words)) for name, words in pairs]
    return element("table", element("tbody", *rows), class_="facts")


def _standing(saved: SavedPlan) -> Element:
    found = standing(saved.plan)
    if not found:
        return element("p", "Nothing stands in the way.")
    items = (
        element(
            "li", element("code", one.fingerprint[:12]), f" {clean(target.name)}: {one.rule} {clean(one.path, 200)}"
        )
        for target, one in found
    )
    return element("section", element("p", f"{len(found)} change(s) stand in the way:"), element("ul", *items))
