"""The report of an upgrade as one page of HTML that needs nothing else, with the report itself as data in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from analyzer.report.html.element import element, inline
from analyzer.report.words import clean
from migrator.plan.page import page, plan_nodes
from migrator.plan.words import moment
from migrator.upgrade_report import document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.report.html.element import Element, Node
    from migrator.journal.record import Record
    from migrator.upgrade_report import UpgradeReport, Verified

_COUNTS = ("lost", "changed", "unknown", "added")
_VARIABLES = 500  # of a canister
_SHOWN = 200  # characters of what a line of the journal tells


def upgrade_page(report: UpgradeReport, looked: Verified) -> str:
    """Return the page of a report that was looked at again."""
    data = json.dumps(document(report), separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")
    nodes = [*_head(report, looked), *plan_nodes(report.saved, looked.found, is_first=False), *_journal(report)]
    return page(
        f"ctxcheck upgrade {report.state.run or report.saved.short}", nodes, inline("script", data, "application/json")
    )


def _head(report: UpgradeReport, looked: Verified) -> Iterator[Node]:
    yield element("h1", f"Upgrade {report.state.run or report.saved.short}")
    words = "Each of these was found again from what this page carries: "
    yield element("p", words, element("code", "ctxcheck show --verify FILE"), " does it once more, without a network.")
    yield element("ul", *(element("li", clean(line, 400)) for line in looked.lines), class_="held")


def _journal(report: UpgradeReport) -> Iterator[Node]:
    if not report.records:
        return
    for name, progress in report.state.targets.items():
        comparison = progress.facts.get("comparison")
        if isinstance(comparison, dict):
            yield from _comparison(name, comparison)
    yield element("h2", "Journal")
    names = ("", "time", "canister", "step", "what", "told")
    head = element("tr", *(element("th", name, scope="col") for name in names))
    yield element("table", element("thead", head), element("tbody", *map(_row, report.records)), class_="journal")


def _comparison(name: str, comparison: dict[str, Any]) -> Iterator[Node]:
    yield element("h2", f"Values of {clean(name)} before and after")
    yield element("p", clean(str(comparison.get("summary")), 300))
    variables = comparison.get("variables")
    found = variables if isinstance(variables, dict) else {}
    names = ("variable", "values", *_COUNTS, "what may change it")
    head = element("tr", *(element("th", one, scope="col") for one in names))
    rows = [
        element("tr", *(element("td", clean(cell, _SHOWN)) for cell in (variable, *_cells(one))))
        for variable, one in list(found.items())[:_VARIABLES]
        if isinstance(one, dict)
    ]
    yield element("table", element("thead", head), element("tbody", *rows), class_="journal")
    if len(found) > _VARIABLES:
        yield element("p", f"{len(found) - _VARIABLES:,} more in the data of this page")


def _cells(one: dict[str, Any]) -> Iterator[str]:
    for name in ("values", *_COUNTS):
        count = one.get(name)
        yield f"{count:,}" if isinstance(count, int) else ""
    yield str(one.get("expected") or "")


def _row(record: Record) -> Element:
    told = json.dumps(record.data, sort_keys=True) if record.kind != "run" else "see above"
    short = told if len(told) <= _SHOWN else told[:_SHOWN] + "…"
    cells = (
        str(record.seq),
        moment(record.time),
        record.target,
        record.step,
        record.kind,
        "" if told == "{}" else short,
    )
    return element("tr", *(element("td", clean(cell, _SHOWN + 10)) for cell in cells))
