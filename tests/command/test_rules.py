"""`explain`, `rules` and `changelog`: what they print and with which status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from analyzer.rules import all_rules
from tests.command.process import run
from tests.shared import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion


@pytest.mark.parametrize("rule", ["S201", "C305", "S404", "C903", "S703"])
def test_a_page(rule: str, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    done = run(tmp_path, "explain", rule, COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert done.stdout == snapshot


@pytest.mark.parametrize(
    ("asked", "status", "says"),
    [
        pytest.param("s201", 0, "S201 stable-field-added", id="small letters"),
        pytest.param("stable-field-added", 0, "S201 stable-field-added", id="its name"),
        pytest.param("M0169", 0, "S401", id="a code of moc"),
        pytest.param("S21", 2, "Did you mean `S201`?", id="nearly an id"),
        pytest.param("stable-field-aded", 2, "Did you mean `stable-field-added`?", id="nearly a name"),
        pytest.param("\x1b[31m", 2, "there is no rule", id="nothing like a rule"),
    ],
)
def test_what_can_be_explained(asked: str, status: int, says: str, tmp_path: Path) -> None:
    done = run(tmp_path, "explain", asked)
    assert done.returncode == status
    assert says in done.stdout + done.stderr
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "options", [(), ("--guide",), ("--surface", "stable")], ids=["all", "the guide", "one surface"]
)
def test_rules(options: tuple[str, ...], tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    done = run(tmp_path, "rules", *options, COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert done.stdout == snapshot


def test_rules_as_json(tmp_path: Path) -> None:
    document = json.loads(run(tmp_path, "rules", "--format", "json").stdout)
    assert document["schema"] == "ctxcheck.rules/1"
    assert [rule["id"] for rule in document["rules"]] == [rule.id for rule in all_rules()]


def test_release_notes(snapshot: SnapshotAssertion) -> None:
    done = run(ROOT, "changelog", "fixtures/demo/old..fixtures/demo/new")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == snapshot
    assert run(ROOT, "changelog", "fixtures/demo/old", "fixtures/demo/new").stdout == done.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        pytest.param((), 2, "Missing argument", id="no versions"),
        pytest.param(("old.did",), 2, "old.did is to be compared with something", id="one version"),
        pytest.param(("a", "b", "c"), 2, "give two versions", id="three versions"),
        pytest.param(("a..b..c",), 3, "b..c: there is no such file or folder", id="dots that say nothing"),
        pytest.param(("gone.did..old.did",), 3, "gone.did: there is no such file", id="no such file"),
    ],
)
def test_release_notes_of_nothing(arguments: tuple[str, ...], status: int, says: str, tmp_path: Path) -> None:
    (tmp_path / "old.did").write_text("service : {}", "utf-8")
    done = run(tmp_path, "changelog", *arguments)
    assert done.returncode == status
    assert says in done.stderr


def test_a_name_in_release_notes_is_only_text(tmp_path: Path) -> None:
    name = "`<script>alert(1)</script>[x](y)\x1b"
    (tmp_path / "old.did").write_text("service : {}", "utf-8")
    (tmp_path / "new.did").write_text(f'service : {{ "{name}" : () -> () }}', "utf-8")
    text = run(tmp_path, "changelog", "old.did", "new.did").stdout
    assert "`` `<script>alert(1)</script>[x](y)\\u{1b} : func () -> () ``" in text
    assert "\x1b" not in text
