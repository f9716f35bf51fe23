"""moc's recorded answers: the verdict on every case, the codes wherever both texts are valid."""

from __future__ import annotations

import pytest

from analyzer import ParseError, compare_stable
from tests.shared import recorded

# Codes of the comparison; any other error says that a text is invalid.
COMPARISON = {"M0169", "M0170", "M0216", "M0255", "M0263"}
WARNINGS = {"M0166", "M0167"}


def test_every_recorded_answer() -> None:
    wrong = []
    for case in recorded("stable"):
        codes = set(case["codes"]) - WARNINGS
        try:
            report = compare_stable(case["pre"], case["post"])
        except ParseError as error:
            if case["expected"] != "incompatible" or not codes - COMPARISON:
                wrong.append((case["name"], sorted(codes), f"refused: {error}"))
            continue
        answer = {True: "compatible", False: "incompatible", None: "undecided"}[report.compatible]
        if (answer, set(report.codes)) != (case["expected"], codes):
            wrong.append((case["name"], sorted(codes), f"{answer} {report.codes}"))
    assert wrong == []


def test_an_invalid_text_is_refused_with_a_code_of_moc() -> None:
    """A file may have several faults: moc reports them all, ctxcheck the first."""
    wrong = []
    for case in recorded("stable"):
        invalid = set(case["codes"]) - WARNINGS - COMPARISON
        if invalid:
            with pytest.raises(ParseError) as caught:
                compare_stable(case["pre"], case["post"])
            if caught.value.code not in invalid:
                wrong.append((case["name"], sorted(invalid), caught.value.code))
    assert wrong == []
