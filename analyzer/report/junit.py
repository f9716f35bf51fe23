"""JUnit XML, which test pages of most build servers read: a suite a canister, a case a surface and a finding."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring  # written here, never read

from analyzer.report.block import said
from analyzer.report.finding import Finding, nearest, reason, rule_name, sentence, short_fingerprint
from analyzer.report.words import blocked_by, called, clean, official, path_text, who_breaks

if TYPE_CHECKING:
    from analyzer.compare.versions import Canister, ChangeSet
    from analyzer.model import Report

# What XML 1.0 has no way to write, not even escaped ("Characters", section 2.2).
_REFUSED = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_text(changes: ChangeSet) -> str:
    """Return the suites: a failed case for each occurrence that blocks."""
    suites = [_suite(canister) for canister in changes.canisters]
    root = Element("testsuites", {"name": "ctxcheck", **_totals(suites)})
    root.extend(suites)
    indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _totals(suites: list[Element]) -> dict[str, str]:
    return {name: str(sum(int(suite.get(name, "0")) for suite in suites)) for name in ("tests", "failures", "errors")}


def _suite(canister: Canister) -> Element:
    cases = [_surface(canister, report) for report in canister.surfaces]
    for edit in canister.edits:
        told = [Finding(canister, edit, [occurrence]) for occurrence in edit.occurrences]
        cases += [_case(canister, finding) for finding in told if not finding.quiet]
    counts = {"tests": str(len(cases)), "failures": str(sum(case.find("failure") is not None for case in cases))}
    suite = Element("testsuite", {"name": _allowed(called(canister)), **counts, "errors": "0"})
    suite.extend(cases)
    return suite


def _surface(canister: Canister, report: Report) -> Element:
    """Return the case of a surface, which holds the official answer; that it blocks is said by its occurrences."""
    gone = canister.old is None or canister.new is None
    answer = "nothing to compare with" if gone else official(report.surface, report.compatible, report.profile)
    case = Element("testcase", {"classname": _class(canister, report.surface), "name": report.surface.value})
    _text(case, "system-out", [f"{report.verdict}; {answer}", *(f"note: {note}" for note in report.notes)])
    return case


def _case(canister: Canister, finding: Finding) -> Element:
    first = finding.first
    path = path_text(first.root, first.path)
    # Two occurrences may share rule and path; a case is known by its name.
    name = f"{rule_name(finding)}{f': {path}' if path else ''} [{short_fingerprint(first)}]"
    about = {"classname": _class(canister, first.surface), "name": _allowed(name)}
    case = Element("testcase", about)
    lines = [f"{first.verdict}: {sentence(finding)}"]
    at = nearest(finding.edit)
    if at is not None:
        lines.append(f"at: {clean(at.start.source, 300)}:{at.start.line}:{at.start.column}")
    if finding.accepted:
        lines.append(f"accepted: {reason(finding)}")
    else:
        breaks = who_breaks(first)
        lines += [f"breaks: {breaks}"] if breaks else []
        lines += [f"{label}: {text}" for label, text in said(first, finding.rule)]
    if finding.blocked:
        message = f"{first.effect}; {blocked_by(first)}"
        _text(case, "failure", lines, {"type": first.verdict.value, "message": _allowed(message)})
    else:
        _text(case, "system-out", lines)
    return case


def _class(canister: Canister, surface: str) -> str:
    """Return what build servers group cases by: they split it at its dots, so the canister's name has none."""
    return f"{_allowed(clean(canister.name)).replace('.', '_')}.{surface}"


def _text(case: Element, tag: str, lines: list[str], about: dict[str, str] | None = None) -> None:
    SubElement(case, tag, about or {}).text = "\n".join(_allowed(clean(line, 2000)) for line in lines)


def _allowed(text: str) -> str:
    return _REFUSED.sub("", text)
