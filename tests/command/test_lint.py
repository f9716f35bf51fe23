"""`ctxcheck lint` as a user runs it: what is shown, what is compared with the last commit, what is let through."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.command.process import run

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

MAIN = """\
import Map "mo:map/Map";
import Timer "mo:core/Timer";

persistent actor {
  let users : Map.Map<Text, Nat> = Map.new();
  var count = 0;

  public func start() : async Nat {
    Timer.recurringTimer<system>(#seconds 60, func() : async () { count += 1 });
  };

  system func postupgrade() {};
};
"""
DEPLOY = "#!/bin/sh\ndfx canister install ledger --mode reinstall --yes --network ic\n"


def dfx(args: str) -> str:
    return json.dumps({"canisters": {"ledger": {"type": "motoko", "main": "src/main.mo", "args": args}}}, indent=1)


def mops(version: str) -> str:
    return f'[dependencies]\nmap = "{version}"\n'


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "init.defaultBranch=main"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, env=kept)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project whose last commit asked for another package and another persistence."""
    (tmp_path / "src").mkdir()
    (tmp_path / "scripts").mkdir()
    (tmp_path / "src" / "main.mo").write_text(MAIN, "utf-8")
    (tmp_path / "scripts" / "deploy.sh").write_text(DEPLOY, "utf-8")
    (tmp_path / "dfx.json").write_text(dfx("--legacy-persistence"), "utf-8")
    (tmp_path / "mops.toml").write_text(mops("9.0.1"), "utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    (tmp_path / "dfx.json").write_text(dfx("--enhanced-orthogonal-persistence"), "utf-8")
    (tmp_path / "mops.toml").write_text(mops("10.0.0"), "utf-8")
    return tmp_path


@pytest.mark.parametrize("width", ["80", "120"])
def test_a_project(width: str, project: Path, snapshot: SnapshotAssertion) -> None:
    done = run(project, "lint", COLUMNS=width)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == snapshot


@pytest.mark.parametrize("form", ["short", "json", "sarif", "junit", "gitlab", "github", "markdown", "html"])
def test_every_report_has_all_of_it(form: str, project: Path) -> None:
    done = run(project, "lint", "--format", form)
    assert done.returncode == 1, done.stderr
    for rule in ("S801", "S802", "S805", "S807", "S809"):
        assert rule in done.stdout
    assert "types compared" not in done.stdout


def rules(folder: Path, *options: str) -> dict[str, str]:
    """Return what is found: the first fingerprint of each rule."""
    done = run(folder, "lint", "--format", "json", *options)
    document = json.loads(done.stdout)
    found: dict[str, str] = {}
    for canister in document["canisters"]:
        for edit in canister["edits"]:
            for one in edit["occurrences"]:
                found.setdefault(one["rule"], one["fingerprint"])
    assert document["proof"]["types"] is False
    return found


def test_without_a_commit_nothing_is_said_of_what_changed(project: Path) -> None:
    assert set(rules(project)) == {"S801", "S802", "S803", "S805", "S807", "S809"}
    git(project, "commit", "-qam", "second")
    assert set(rules(project)) == {"S801", "S802", "S803", "S809"}
    assert {"S805", "S807"} <= set(rules(project, "--base", "HEAD~1"))


def test_a_program_by_its_path(project: Path) -> None:
    assert set(rules(project, "src/main.mo")) == {"S801", "S802", "S803", "S805", "S807"}


def test_what_is_accepted_passes_and_a_check_does_not_take_it_for_unused(project: Path) -> None:
    found = rules(project)
    done = run(project, "accept", "--lint", found["S801"][:12], "--reason", "it counts an upgrade")
    assert done.returncode == 0, done.stderr
    assert "accepted by" in run(project, "lint").stdout
    pruned = run(project, "accept", "--lint", "--prune")
    assert "nothing to remove" in pruned.stdout
    everything = run(project, "accept", "--lint", "--all", "--reason", "known")
    assert everything.returncode == 0, everything.stderr
    assert run(project, "lint").returncode == 0


@pytest.mark.parametrize(
    "text", ["persistent actor { var count : Nat = 0 };", "actor {}", "persistent actor Empty {};"]
)
def test_nothing_is_found(tmp_path: Path, text: str) -> None:
    (tmp_path / "main.mo").write_text(text, "utf-8")
    done = run(tmp_path, "lint")
    assert (done.returncode, done.stdout) == (0, "✓ nothing found\n")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        pytest.param("module {};", 3, id="no actor"),
        pytest.param("persistent actor {", 3, id="no Motoko"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, text: str, status: int) -> None:
    (tmp_path / "main.mo").write_text(text, "utf-8")
    done = run(tmp_path, "lint", "main.mo")
    assert (done.returncode, "Traceback" in done.stderr) == (status, False)
