"""The formats for reviewers and machines: as they are, as schemas want them, and in each state of the gate."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET  # reads what was written here

import pytest
import xmlschema

from analyzer.compare.versions import ChangeSet, compare_versions
from analyzer.model import Surface, Verdict
from analyzer.policy.levels import Policy
from analyzer.report.formats import FORMATS
from analyzer.report.markdown import MARKER, MAX_CHARACTERS
from analyzer.sources.paths import read_versions
from tests.report.decision import decision
from tests.schemas import OWN, SARIF, faults, own, public
from tests.shared import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

VERSIONS = "fixtures/context_registry"


def registry(new: str, policy: Policy = Policy.GUIDE) -> ChangeSet:
    return compare_versions(read_versions(f"{VERSIONS}/v01_first", f"{VERSIONS}/{new}"), profile="didc", policy=policy)


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> ChangeSet:
    monkeypatch.chdir(ROOT)
    return registry("v05_case_in_mutable_map")


def of_files(folder: Path, files: dict[str, str]) -> ChangeSet:
    """Compare `old/...` with `new/...`, from within a folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return compare_versions(read_versions("old", "new"), profile="didc")


def accept(changes: ChangeSet, verdict: Verdict) -> None:
    """Let occurrences through, as the gate does it for those that are in the file of accepted changes."""
    for occurrence in changes.occurrences:
        if occurrence.verdict == verdict and occurrence.surface == Surface.CANDID:
            occurrence.accepted = decision("no client | calls it")
            occurrence.blocked_by = ()


@pytest.mark.parametrize("form", [form for form in FORMATS if form not in ("html", "json", "text", "short")])
def test_as_it_is(breaking: ChangeSet, form: str, snapshot: SnapshotAssertion) -> None:
    assert FORMATS[form](breaking, "0.0.0") == snapshot


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_ends_with_a_line_break_and_is_the_same_twice(breaking: ChangeSet, form: str) -> None:
    text = FORMATS[form](breaking, "0.0.0")
    assert text.endswith("\n")
    assert text == FORMATS[form](breaking, "0.0.0")


def check_sarif(changes: ChangeSet) -> dict[str, Any]:
    log = json.loads(FORMATS["sarif"](changes, "0.0.0"))
    assert faults(public(SARIF), log) == []
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        if "ruleIndex" in result:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert {rule["id"] for rule in rules} <= {result["ruleId"] for result in run["results"]}
    return dict(run)


def check_junit(changes: ChangeSet) -> ET.Element:
    text = FORMATS["junit"](changes, "0.0.0")
    xmlschema.XMLSchema(str(OWN / "junit.xsd")).validate(text)
    root = ET.fromstring(text)  # noqa: S314 - written here
    suites = root.findall("testsuite")
    for suite in suites:
        assert int(suite.get("tests", "")) == len(suite)
        assert int(suite.get("failures", "")) == len(suite.findall("*/failure"))
        names = [(case.get("classname"), case.get("name")) for case in suite]
        assert len(names) == len(set(names))
    assert int(root.get("failures", "")) == sum(bool(o.blocked_by) for o in changes.occurrences)
    return root


def check_gitlab(changes: ChangeSet) -> list[dict[str, Any]]:
    issues: list[dict[str, Any]] = json.loads(FORMATS["gitlab"](changes, "0.0.0"))
    assert faults(own("gitlab.json"), issues) == []
    prints = [issue["fingerprint"] for issue in issues]
    assert len(prints) == len(set(prints))
    return issues


def commands(changes: ChangeSet) -> list[tuple[str, dict[str, str], str]]:
    """Read the workflow commands as the runner does: level, properties, message."""
    found = []
    for line in FORMATS["github"](changes, "0.0.0").splitlines():
        parts = re.fullmatch(r"::(\w+) (.*?)::(.*)", line)
        assert parts is not None, line
        about = dict(one.split("=", 1) for one in parts[2].split(","))
        found.append((parts[1], {name: undone(text) for name, text in about.items()}, undone(parts[3])))
    return found


def undone(text: str) -> str:
    for code, sign in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, sign)
    return text


VERSIONS_SHOWN = sorted(path.name for path in (ROOT / VERSIONS).glob("v*_*"))


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("version", VERSIONS_SHOWN)
def test_the_schemas_hold_for_every_version(version: str, policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    changes = registry(version, policy)
    run = check_sarif(changes)
    check_junit(changes)
    check_gitlab(changes)
    levels = [level for level, _, _ in commands(changes)]
    assert ("error" in levels) is changes.blocked
    assert levels[-1] == "notice"
    assert any(result["level"] == "error" for result in run["results"]) is changes.blocked


def test_a_result_tells_the_way_the_old_place_and_the_fingerprint(breaking: ChangeSet) -> None:
    run = check_sarif(breaking)
    first = run["results"][0]
    assert first["partialFingerprints"] == {"ctxcheck/v1": breaking.occurrences[0].fingerprint}
    flow = first["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in flow][:3] == ["seasons", "root", "#internal"]
    at = first["locations"][0]["physicalLocation"]
    assert at["artifactLocation"]["uri"] == f"{VERSIONS}/v05_case_in_mutable_map/context_registry.most"
    assert first["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith(f"{VERSIONS}/v01")
    assert run["columnKind"] == "unicodeCodePoints"


def test_what_is_accepted_is_told_and_fails_nothing(breaking: ChangeSet) -> None:
    accept(breaking, Verdict.BREAKING)
    accepted = [result for result in check_sarif(breaking)["results"] if "suppressions" in result]
    assert [result["level"] for result in accepted] == ["note", "note"]
    assert accepted[0]["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "no client | calls it"}
    ]
    failed = check_junit(breaking).findall("testsuite/testcase/failure")
    assert len(failed) == 1  # the stable one
    assert {issue["severity"] for issue in check_gitlab(breaking)} == {"blocker", "minor", "info"}
    notices = [message for level, _, message in commands(breaking) if level == "notice"]
    assert "accepted: no client | calls it" in notices[0]
    text = FORMATS["markdown"](breaking, "0.0.0")
    assert "| ✗ breaking, accepted |" in text
    assert r"- **accepted** no client \| calls it" in text
    assert "ctxcheck accept" not in text


def test_a_comment_says_how_to_accept_what_can_be_accepted(breaking: ChangeSet) -> None:
    text = FORMATS["markdown"](breaking, "0.0.0")
    stable, candid = (
        next(o for o in breaking.occurrences if o.surface == surface and o.blocked_by) for surface in Surface
    )
    assert text.startswith(f"{MARKER}\n### ✗ ctxcheck: blocked, breaking")
    assert f'`ctxcheck accept {candid.fingerprint[:12]} --reason "..."`' in text
    assert stable.fingerprint[:12] not in text


SAFE, BREAKS = "service : { m : (nat) -> () }", "service : { m : (text) -> () }"


@pytest.mark.parametrize(
    ("new", "kind", "file"),
    [
        pytest.param("new/a.did", "file", "new/a.did", id="a file"),
        pytest.param("here/../new/a.did", "file", None, id="a path that leaves a folder"),
        pytest.param("{folder}/new/a.did", "file", None, id="a path from the root"),
        pytest.param("new/a.did", "stdin", None, id="standard input"),
        pytest.param("new/a.did", "git", None, id="a revision"),
    ],
)
def test_an_annotation_names_a_file_of_the_checkout_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new: str, kind: str, file: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    of_files(tmp_path, {"old/a.did": SAFE, "new/a.did": BREAKS, "here/x": ""})
    (pair,) = read_versions("old/a.did", new.format(folder=tmp_path))
    assert pair.new is not None
    pair.new.provenance[Surface.CANDID] = pair.new.provenance[Surface.CANDID]._replace(kind=kind)
    changes = compare_versions([pair], profile="didc")
    level, about, message = commands(changes)[0]
    assert (level, about.get("file")) == ("error", file)
    assert message.startswith("m > arg 0: ") is (file is not None)
    check_sarif(changes)


def test_columns_are_told_of_one_line_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    new = "service : { m : (record {\n  a : nat;\n  b : text }) -> () }"
    changes = of_files(tmp_path, {"old/a.did": SAFE, "new/a.did": new})
    _, about, _ = commands(changes)[0]
    assert about["line"] != about["endLine"]
    assert "col" not in about


def test_a_long_report_is_bounded_and_says_what_it_leaves_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "|`@" * 25
    methods = [f'"{name}{number}" : (nat) -> ()' for number in range(2000)]
    added = [f'"{name}{number}" : (nat) -> ()' for number in range(2000, 4000)]
    old = f"service : {{ {'; '.join(methods)} }}"
    new = f"service : {{ {'; '.join(methods[1000:]).replace('nat', 'text')}; {'; '.join(added)} }}"
    files = {f"{side}/c{number}.did": text for number in range(3) for side, text in (("old", old), ("new", new))}
    text = FORMATS["markdown"](of_files(tmp_path, files), "0.0.0")
    assert 30_000 < len(text) <= MAX_CHARACTERS
    for what in ("findings", "findings with their reasons", "safe changes"):
        assert re.search(rf"Left out: \d+ {what}; `--format json` has all\.", text)
    assert text.count("<details>") == text.count("</details>")


def test_a_canister_that_is_gone_and_one_without_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    changes = of_files(tmp_path, {"old/gone.did": SAFE, "old/same.did": SAFE, "new/same.did": SAFE})
    check_sarif(changes)
    (issue,) = check_gitlab(changes)
    assert issue["location"]["path"] == "old/gone.did"
    assert [suite.get("name") for suite in check_junit(changes)] == ["gone", "same"]
    assert "nothing to compare with" in FORMATS["markdown"](changes, "0.0.0")


def test_a_report_of_no_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    changes = of_files(tmp_path, {"old/a.did": SAFE, "new/a.did": SAFE})
    assert check_sarif(changes)["results"] == []
    assert check_gitlab(changes) == []
    assert FORMATS["github"](changes, "0.0.0") == (
        "::notice title=ctxcheck::safe: no changes; passes under the policy guide\n"
    )
    assert "### ✓ ctxcheck: passes, no changes\n" in FORMATS["markdown"](changes, "0.0.0")
