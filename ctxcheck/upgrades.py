"""Runs on the terminal and as reports that prove themselves."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import TYPE_CHECKING

from analyzer.errors import SourceError
from analyzer.report.drawing import wrapped
from analyzer.sources.files import read_text
from ctxcheck.paint import show
from migrator.plan.text import plan_lines
from migrator.plan.words import moment
from migrator.upgrade_page import upgrade_page
from migrator.upgrade_report import document, read_report, report_of_run, verified

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from analyzer.report.drawing import Drawing, Line
    from migrator.upgrade_report import UpgradeReport, Verified

_TOLD = ("outcome", "fail", "held", "resumed", "done", "undone", "rejected", "never")
_STYLES = {"fail": "breaking", "rejected": "breaking", "undone": "lossy", "held": "lossy", "outcome": "bold"}


def show_run(project: Path, run: str, form: str) -> int:
    """Show a run and return the exit status: that of its first canister that did not end well. Raises CtxError.

    form: `text`, `json` or `html`; the latter two are the report of the upgrade.
    """
    report = report_of_run(project / ".ctxcheck", run)
    looked = verified(report)
    if form == "json":
        sys.stdout.write(json.dumps(document(report), indent=1, sort_keys=True) + "\n")
    elif form == "html":
        sys.stdout.write(upgrade_page(report, looked))
    else:
        show(partial(_lines, report, looked))
    return next((one.exit_code for one in report.state.targets.values() if one.exit_code), 0)


def verify_report(path: Path) -> int:
    """Look at a report again, and say what held. Raises CtxError: something does not."""
    text = read_text(path)
    report = read_report(text, str(path))
    looked = verified(report)
    if text.lstrip().startswith("<") and text != upgrade_page(report, looked):
        msg = "the page says something else than the data in it"
        raise SourceError(msg, where=str(path), hint="ask for it again, or for the JSON, from who ran the upgrade")
    show(partial(_held, looked))
    return 0


def _held(looked: Verified, drawing: Drawing) -> Iterator[Line]:
    for line in looked.lines:
        yield from wrapped(drawing.text(line), drawing, [("  ", "")], [("    ", "")])
    yield [("all of it holds", "safe"), (": hashes, signatures, certificates; no network was asked", "dim")]


def _lines(report: UpgradeReport, looked: Verified, drawing: Drawing) -> Iterator[Line]:
    yield from plan_lines(report.saved, looked.found, "PLAN", drawing)
    yield []
    yield [(f"run {report.state.run}", "bold")]
    for record in report.records:
        if record.kind not in _TOLD:
            continue
        words = " ".join(str(record.data[name]) for name in ("outcome", "action", "why") if record.data.get(name))
        lead: Line = [
            (f"  {moment(record.time)} ", "dim"),
            (f"{record.kind:<9}", _STYLES.get(record.kind, "")),
            (f"{record.target} {record.step}  ", ""),
        ]
        yield from wrapped(drawing.text(words), drawing, lead, [("    ", "")], "dim")
    yield []
    yield from _held(looked, drawing)
