"""The reports that people and machines see, as they are; and that nothing in a user's file acts on a terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from analyzer.candid.parse import parse_candid
from analyzer.compare.versions import ChangeSet, compare_versions
from analyzer.interface import Interface, Versions
from analyzer.model import Surface
from analyzer.report.drawing import STYLES, Drawing
from analyzer.report.json import document, json_text
from analyzer.report.short import short_text
from analyzer.report.text import plain_text, text_lines
from analyzer.sources.paths import read_versions
from ctxcheck.paint import STYLES as PAINTED
from tests.shared import ROOT

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

WIDTHS = (60, 80, 120)


def changes(old: str, new: str, *, profile: str = "didc") -> ChangeSet:
    return compare_versions(read_versions(old, new), profile=profile)


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> ChangeSet:
    monkeypatch.chdir(ROOT)
    return changes("fixtures/demo/old", "fixtures/demo/new")


@pytest.mark.parametrize("width", WIDTHS)
def test_text(demo: ChangeSet, width: int, snapshot: SnapshotAssertion) -> None:
    text = plain_text(demo, Drawing(width))
    # A place stays whole, so that a terminal can open it.
    assert max(len(line) for line in text.splitlines() if "fixtures/" not in line) <= width
    assert text == snapshot


def test_text_in_ascii(demo: ChangeSet, snapshot: SnapshotAssertion) -> None:
    text = plain_text(demo, Drawing(80, ascii=True))
    assert text.isascii()
    assert text == snapshot


def test_short(demo: ChangeSet, snapshot: SnapshotAssertion) -> None:
    assert short_text(demo) == snapshot


def test_json(demo: ChangeSet, snapshot: SnapshotAssertion) -> None:
    text = json_text(demo, "0.0.0")
    assert text.isascii()
    assert json.loads(text) == document(demo, "0.0.0")
    assert text == snapshot


def test_every_style_has_a_paint(demo: ChangeSet) -> None:
    used = {style for line in text_lines(demo, Drawing()) for _, style in line}
    assert used <= {*STYLES, ""}
    assert {*STYLES, ""} == set(PAINTED)


@pytest.mark.parametrize(
    ("old", "new", "verdict", "gate"),
    [
        pytest.param("service : {}", "service : {}", "✓ no changes", "", id="nothing changed"),
        pytest.param("service : {}", "service : { m : () -> () }", "✓ SAFE  types compatible", "passes", id="safe"),
        pytest.param("service : { m : (nat) -> () }", "service : { m : (opt nat) -> () }", "✓ SAFE  types compatible", "BLOCKED", id="safe, and the guide calls it breaking"),
        pytest.param("service : { m : (nat) -> () }", "service : { m : () -> () }", "! LOSSY  1 lossy", "BLOCKED", id="lossy"),
        pytest.param("service : { m : () -> () }", "service : {}", "✗ BREAKING  1 breaking", "BLOCKED", id="breaking"),
        pytest.param('import "a.did"; service : {}', "service : {}", "? UNDECIDED  1 undecided", "BLOCKED", id="undecided"),
    ],
)  # fmt: skip
def test_the_verdict_comes_first(old: str, new: str, verdict: str, gate: str) -> None:
    first = plain_text(of_texts(old, new), Drawing()).splitlines()[0]
    assert first.split("   ")[0] == verdict
    assert first.removeprefix(verdict).strip() == (f"{gate} under the policy `guide`" if gate else "")


def of_texts(old: str, new: str) -> ChangeSet:
    sides = [Interface("api", candid=parse_candid(text, f"{side}.did")) for side, text in (("old", old), ("new", new))]
    return compare_versions([Versions("api", sides[0], sides[1])], profile="didc", surfaces=[Surface.CANDID])


HOSTILE = {
    "escape codes": "\x1b[31mred\x1b[0m",
    "a bell and a carriage return": "a\x07b\rc",
    "a right-to-left override": "abc\u202edef",
    "an invisible character": "a\u200bb",
    "markup of the terminal library": "[bold red]x[/] [link=file:///etc/passwd]y[/link]",
    "HTML": "<script>alert(1)</script>",
    "a long name": "x" * 5000,
    "wide characters": "漢字" * 40,
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_name_from_a_file_is_only_text(name: str) -> None:
    literal = name.replace("\\", "\\\\").replace('"', '\\"')
    old = f'service : {{ "{literal}" : (record {{ "{literal}" : nat }}) -> () }}'
    new = f'service : {{ "{literal}" : (record {{ "{literal}" : text }}) -> () }}'
    compared = of_texts(old, new)
    for text in (plain_text(compared, Drawing(80)), short_text(compared), json_text(compared, "0.0.0")):
        assert all(c.isprintable() or c == "\n" for c in text)


def test_a_wide_character_takes_two_columns() -> None:
    old, new = (f'service : {{ "漢字" : ({kind}) -> () }}' for kind in ("nat", "text"))
    lines = plain_text(of_texts(old, new), Drawing(80)).splitlines()
    source = next(i for i, line in enumerate(lines) if "(text)" in line)
    # 漢 and 字 take two columns each, so the mark stands two further to the right than the characters are counted.
    assert lines[source + 1].index("━") == lines[source].index("text") + 2


def test_canisters_are_listed_worst_first_and_one_that_is_gone_blocks(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion
) -> None:
    folder = tmp_path_factory.mktemp("project")
    monkeypatch.chdir(folder)
    files = {
        "old/ledger.did": "service : { balance : () -> (nat) query }",
        "old/gone.did": "service : {}",
        "old/half.did": "service : {}",
        "old/half.most": "actor { };",
        "new/ledger.did": "service : { balance : () -> (nat) query; burn : (nat) -> () }",
        "new/half.did": "service : {}",
        "new/fresh.most": "actor { stable var x : Nat };",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    compared = changes("old", "new")
    assert compared.blocked
    assert plain_text(compared, Drawing(80)) == snapshot
