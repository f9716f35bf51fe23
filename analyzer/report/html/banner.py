"""The top of the page: the verdict, the gate, what the official checkers answer, and how far it is proven."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.model import RULES_VERSION, Verdict
from analyzer.report.html.card import DRAWING, badge
from analyzer.report.html.element import Element, Node, element
from analyzer.report.text import outcome
from analyzer.report.words import called, clean, counted, official

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.compare.versions import Canister, ChangeSet
    from analyzer.model import Report

_SHOWN_DIGEST = 12
_SHOWN_CANISTERS = 40
_LINTED = (("yes", "sources looked at"), ("no", "nothing compiled or compared"), ("no", "not rehearsed on real state"))
_PROOF = (("yes", "types compared"), ("no", "not rehearsed on real state"), ("no", "no values compared"))


def banner(changes: ChangeSet) -> Element:
    """Return the header of the page."""
    verdict = changes.verdict
    unchanged = not changes.edits and verdict == Verdict.SAFE
    word = "No changes" if unchanged else "Types compatible" if verdict == Verdict.SAFE else verdict.value.capitalize()
    gate = "blocked" if changes.blocked else "passes"
    return element(
        "header",
        element(
            "div",
            element("p", element("b", "ctxcheck"), f" {heading(changes)}", class_="kicker"),
            element("h1", element("span", DRAWING.mark(verdict), aria_hidden="true", class_="sign"), f" {word}"),
            element("p", outcome(changes), class_="lead"),
            element(
                "p",
                element("strong", gate, class_=f"gate {gate}"),
                " under the policy ",
                element("code", changes.policy.value),
                f", profile {changes.profile}, rules {RULES_VERSION}",
                class_="under",
            ),
            class_="said",
        ),
        _counts(changes),
        _proof(changes),
        _answers(changes),
        class_=f"banner {verdict}",
    )


def heading(changes: ChangeSet) -> str:
    """Return which canisters are compared."""
    names = [called(canister, 40) for canister in changes.canisters]
    return ", ".join(names) if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"  # noqa: PLR2004


def _counts(changes: ChangeSet) -> Element:
    items = [
        element("li", element("b", str(count)), f" {verdict}", class_=verdict if count else f"{verdict} none")
        for verdict, count in counted(changes.edits).items()
    ]
    return element("ul", *items, class_="counts", aria_label="changes by verdict")


def _proof(changes: ChangeSet) -> Element:
    """Return the three steps of proof; a comparison takes the first."""
    signs = {"yes": DRAWING.mark(Verdict.SAFE), "no": "○"}
    items = [
        element("li", element("span", signs[done], aria_hidden="true", class_="sign"), f" {text}", class_=done)
        for done, text in (_LINTED if changes.linted else _PROOF)
    ]
    return element("div", element("h2", "Proof"), element("ol", *items), class_="proof")


def _answers(changes: ChangeSet) -> Element:
    several = len(changes.canisters) > 1
    lists: list[Node] = []
    for canister in changes.canisters[:_SHOWN_CANISTERS]:
        parts = [part for report in canister.surfaces for part in _answer(canister, report)]
        name = element("h3", called(canister)) if several else None
        lists.append(element("div", name, element("dl", *parts)))
    if len(changes.canisters) > _SHOWN_CANISTERS:
        lists.append(element("p", f"and {len(changes.canisters) - _SHOWN_CANISTERS} canisters more", class_="more"))
    kind = "answers several" if several else "answers"
    return element("div", element("h2", "Official answers"), element("div", *lists, class_="each"), class_=kind)


def _answer(canister: Canister, report: Report) -> Iterator[Node]:
    answer = official(report.surface, report.compatible, report.profile)
    if canister.old is None or canister.new is None:
        answer = "nothing to compare with"
    codes = f" ({', '.join(report.codes)})" if report.codes else ""
    yield element("dt", report.surface)
    yield element("dd", f"{answer}{codes}", " ", badge(report.verdict))
    for note in report.notes:
        yield element("dd", f"note: {note}", class_="note")
    for label, side in (("old", canister.old), ("new", canister.new)):
        origin = side.provenance.get(report.surface) if side is not None else None
        if origin is not None:
            digest = element("code", origin.sha256[:_SHOWN_DIGEST], title=f"SHA-256 {origin.sha256}")
            yield element("dd", f"{label}: {clean(origin.label, 300)} ", digest, class_="origin")
