"""Consecutive versions of real canisters: every pair renders in every format and gets the recorded answer."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET  # reads what was written here

import xmlschema

from analyzer.candid.parse import parse_candid
from analyzer.compare.versions import compare_versions
from analyzer.interface import Interface, Provenance, Versions
from analyzer.model import Surface, Verdict
from analyzer.report.drawing import Drawing
from analyzer.report.formats import FORMATS
from analyzer.report.json import json_text
from analyzer.report.short import short_text
from analyzer.report.text import plain_text
from tests.schemas import OWN, SARIF, faults, own, public
from tests.shared import recorded

if TYPE_CHECKING:
    import pytest

# What GitHub takes: a comment of so many characters; a log of so many results.
MAX_COMMENT = 65_536
MAX_RESULTS = 25_000


def test_every_real_pair_renders_and_agrees(capsys: pytest.CaptureFixture[str]) -> None:
    cases = recorded("candid-real")
    seen = Counter[str]()
    characters = 0
    started = time.perf_counter()
    for case in cases:
        sides = [Interface("api", candid=parse_candid(case[side], f"{side}.did")) for side in ("old", "new")]
        for profile, field in (("didc", "expected"), ("dfx", "expected_dfx")):
            changes = compare_versions(
                [Versions("api", sides[0], sides[1])], profile=profile, surfaces=[Surface.CANDID]
            )
            (report,) = changes.canisters[0].surfaces
            if case.get(field) is not None:
                assert report.compatible is (case[field] == "compatible"), case["name"]
            assert report.compatible or report.verdict == Verdict.BREAKING
            seen[report.verdict] += 1
            texts = [plain_text(changes, Drawing(80)), short_text(changes), json_text(changes, "0.0.0")]
            assert all(texts)
            assert len(json.loads(texts[2])["canisters"]) == 1
            characters += sum(map(len, texts))
    taken = time.perf_counter() - started
    assert set(seen) >= {Verdict.SAFE, Verdict.LOSSY, Verdict.BREAKING}
    with capsys.disabled():
        rate = 2 * len(cases) / taken
        said = f"{2 * len(cases)} comparisons of real pairs, {rate:.0f} a second in three formats"
        print(f"\n{said}, {characters:,} characters")  # noqa: T201 - the rate is to be seen


def test_every_real_pair_renders_for_machines_and_reviewers() -> None:
    sarif, gitlab = public(SARIF), own("gitlab.json")
    junit = xmlschema.XMLSchema(str(OWN / "junit.xsd"))
    for number, case in enumerate(recorded("candid-real")):
        sides = [Interface("api", candid=parse_candid(case[side], f"{side}.did")) for side in ("old", "new")]
        for side in sides:
            side.provenance[Surface.CANDID] = Provenance("file", "api.did", "0" * 64)
        changes = compare_versions([Versions("api", sides[0], sides[1])], profile="dfx", surfaces=[Surface.CANDID])
        texts = {form: write(changes, "0.0.0") for form, write in FORMATS.items()}
        assert all(text.endswith("\n") for text in texts.values()), case["name"]
        assert len(texts["markdown"]) < MAX_COMMENT
        log = json.loads(texts["sarif"])
        assert len(log["runs"][0]["results"]) < MAX_RESULTS
        issues = json.loads(texts["gitlab"])
        ET.fromstring(texts["junit"])  # noqa: S314 - written here
        if number % 10 == 0:  # a schema takes a hundred times as long as the report
            assert faults(sarif, log) == [], case["name"]
            assert faults(gitlab, issues) == [], case["name"]
            junit.validate(texts["junit"])
