"""`ctxcheck rehearse` as a user runs it, and plans that are rehearsed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from analyzer.candid.principal import Principal
from replica import Replica
from tests.canister.build import NAME as FILE
from tests.canister.build import REGISTRY
from tests.command.migrating import NAME, Project
from tests.command.process import run
from tests.migrator.test_rehearsal import taken
from tests.shared import ROOT

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

# What differs from machine to machine and from time to time.
_VARIES = (
    (re.compile(r"[\d,]+(?= ms)"), "N"),
    (re.compile(r"[\d.]+ s\b"), "N s"),
    (re.compile(r"rings in \d+"), "rings in N"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d-]+Z"), "WHEN"),
    (re.compile(r"\(1_\d{3}(_\d{3})+\)"), "(TIME)"),
)


def steady(text: str) -> str:
    for pattern, word in _VARIES:
        text = pattern.sub(word, text)
    return text


def module(version: str) -> str:
    return f"{version}/{FILE}.wasm.gz"


def rehearsed(old: str, new: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run(REGISTRY, "rehearse", module(old), module(new), *options, **environment)


@pytest.mark.parametrize("width", ["80", "120"])
@pytest.mark.parametrize(
    ("new", "status"),
    [
        pytest.param("v02_safe_additions", 0, id="accepted"),
        pytest.param("v03_optional_field", 1, id="the runtime's words beside the edit"),
        pytest.param("v15_traps", 1, id="a trap of the program"),
        pytest.param("v10_migrated", 0, id="a migration"),
    ],
)
def test_two_versions(new: str, status: int, width: str, snapshot: SnapshotAssertion) -> None:
    done = rehearsed("v01_first", new, COLUMNS=width)
    assert (done.returncode, done.stderr) == (status, "")
    assert steady(done.stdout) == snapshot
    assert max(map(len, done.stdout.splitlines())) <= int(width)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return taken(tmp_path_factory.mktemp("state") / "taken", "v01_first")


@pytest.mark.parametrize("new", ["v02_safe_additions", "v13_drops_data", "v16_wrong_data"])
def test_on_a_snapshot(new: str, state: Path, snapshot: SnapshotAssertion) -> None:
    done = rehearsed("v01_first", new, "--state", str(state))
    assert done.returncode == (0 if new == "v02_safe_additions" else 1)
    assert steady(done.stdout) == snapshot


def test_json(state: Path) -> None:
    done = rehearsed("v01_first", "v03_optional_field", "--state", str(state), "--format", "json")
    assert done.returncode == 1
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["schema"] == "ctxcheck.rehearsal/1"
    (one,) = told["rehearsals"]
    assert (one["engine"], one["real"], one["proof"]) == ("embedded replica", True, None)
    assert one["found"]["outcome"] == "refused"
    assert "Memory-incompatible program upgrade" in one["found"]["said"]["message"]
    report = json.loads(
        run(REGISTRY, "diff", module("v01_first"), module("v03_optional_field"), "--format", "json").stdout
    )
    named = {
        o["fingerprint"] for canister in report["canisters"] for edit in canister["edits"] for o in edit["occurrences"]
    }
    assert one["causes"]
    assert len(named) >= len(one["causes"])


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        pytest.param([], 3, "plan.ctx", id="no plan"),
        pytest.param(["missing.ctx"], 2, "ctxcheck plan -o missing.ctx", id="a plan that is not there"),
        pytest.param([module("v01_first")], 2, "name a plan, or two versions", id="one version"),
        pytest.param(["a", "b", "c"], 2, "name a plan, or two versions", id="three"),
        pytest.param([module("v01_first"), "v02_safe_additions"], 2, "is a folder", id="a folder"),
        pytest.param([module("v01_first"), f"v02_safe_additions/{FILE}.did"], 2, "neither a module", id="types alone"),
        pytest.param([module("v01_first"), module("v02_safe_additions"), "--state", "live"], 2, "--state live", id="two versions do not run"),
        pytest.param([module("v01_first"), module("v02_safe_additions"), "--state", "none", "--args", "(1)"], 3, "", id="an argument that is not taken"),
        pytest.param([module("v01_first"), module("v02_safe_additions"), "--state", "nothing"], 2, "there is no backup", id="no such state"),
        pytest.param([module("v01_first"), module("v02_safe_additions"), "--scenario", "nothing.toml"], 3, "nothing.toml", id="no such scenario"),
    ],
)  # fmt: skip
def test_a_wrong_call(arguments: list[str], status: int, words: str) -> None:
    done = run(REGISTRY, "rehearse", *arguments)
    assert done.returncode == status, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_snapshot_of_another_module(state: Path) -> None:
    done = rehearsed("v02_safe_additions", "v03_optional_field", "--state", str(state))
    assert done.returncode == 2
    assert "of another module" in done.stderr


def test_the_readme_shows_what_is_printed() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    (arguments, shown), *_ = re.findall(r"```text\n\$ ctxcheck (rehearse .*)\n(.*?)```", text, re.DOTALL)
    done = run(REGISTRY, *arguments.split())
    assert steady(done.stdout) == steady(shown)


# On another network of this machine.


@pytest.mark.parametrize(
    ("new", "real", "status", "words"),
    [
        pytest.param("v02_safe_additions", True, 0, "67 values compared, none lost, 1 added", id="accepted, on a snapshot"),
        pytest.param("v02_safe_additions", False, 0, "without real state", id="accepted, installed anew"),
        pytest.param("v03_optional_field", True, 1, "Memory-incompatible program upgrade", id="refused"),
        pytest.param("v16_wrong_data", True, 1, "listSeasons: 1 of 2 entries are not there", id="a listing is shorter"),
    ],
)  # fmt: skip
def test_on_a_network_that_runs(new: str, real: bool, status: int, words: str, state: Path) -> None:
    with Replica() as ic, ic.serve() as server:
        options = ("--state", str(state)) if real else ()
        done = rehearsed("v01_first", new, "--on", server.url, *options)
        assert done.returncode == status, done.stdout + done.stderr
        assert words in " ".join(done.stdout.split())
        assert f"engine    network at {server.url}" in done.stdout
        assert "instructions" not in done.stdout
        assert list(ic.engine.canisters.look()) == []


@pytest.mark.parametrize(
    ("url", "status", "words"),
    [
        pytest.param("https://icp-api.io", 2, "is not on this machine", id="mainnet"),
        pytest.param("http://127.0.0.1:1", 5, "cannot be reached", id="nobody"),
        pytest.param("nonsense", 2, "is no URL", id="no URL"),
    ],
)
def test_on_a_network_that_is_none(url: str, status: int, words: str) -> None:
    done = rehearsed("v01_first", "v02_safe_additions", "--on", url)
    assert done.returncode == status, done.stderr
    assert words in done.stderr


# Plans.


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Replica() as ic, ic.serve() as server:
        yield Project(tmp_path, ic, server)


def test_a_plan_is_rehearsed_on_the_newest_sound_backup(project: Project) -> None:
    new = project.module("v02_safe_additions")
    done = project("plan", NAME, "--wasm", new, "--allow-dirty")
    assert "there is no backup" in done.stderr
    assert f"ctxcheck backup {NAME}" in done.stderr
    assert "not rehearsed" in done.stdout
    before = project.ic.engine.height
    done = project("rehearse", identity=False, code=3)
    assert f"ctxcheck backup {NAME}" in done.stderr
    assert project.ic.engine.height == before

    project("backup", NAME)
    done = project("plan", NAME, "--wasm", new, "--allow-dirty")
    proof = re.search(r"rehearsed on embedded replica,\s+backup\s+snapshot-\S+", done.stdout)
    assert proof, done.stdout
    assert "values compared (to be compared during the run)" in " ".join(done.stdout.split())
    done = project("rehearse", identity=False)
    assert "ACCEPTED" in done.stdout
    assert "9 of 9 calls hold" in done.stdout

    # What fails is no plan, unless somebody says why it is to be all the same.
    (project.folder / "plan.ctx").unlink()
    wrong = project.module("v16_wrong_data")
    done = project("plan", NAME, "--wasm", wrong, "--allow-dirty", code=1)
    assert "listSeasons: 1 of 2 entries are not there" in done.stderr
    assert not (project.folder / "plan.ctx").exists()
    done = project("plan", NAME, "--wasm", wrong, "--allow-dirty", "--no-rehearse", "--reason", "known")
    assert "not rehearsed, on purpose: known" in " ".join(done.stdout.split())
    done = project("rehearse", identity=False, code=1)
    assert "FAILED" in done.stdout

    # The project's scenario counts; it does not undo a check of the plan, which the run makes too.
    project.write("rehearsal.toml", 'may_differ = ["listSeasons"]\n')
    project("plan", NAME, "--wasm", wrong, "--allow-dirty", code=1)
    project.write("rehearsal.toml", '[[after]]\ncall = "getMotto"\nrejected = true\n')
    done = project("plan", NAME, "--wasm", new, "--allow-dirty", code=1)
    assert "getMotto: is not rejected, as expected" in done.stderr
    project.write("rehearsal.toml", 'may_difer = ["listSeasons"]\n')
    done = project("plan", NAME, "--wasm", wrong, "--allow-dirty", code=2)
    assert "did you mean `may_differ`" in done.stderr
    (project.folder / "rehearsal.toml").unlink()

    # A damaged backup is none.
    for piece in (project.folder / ".ctxcheck" / "store").rglob("*"):
        if piece.is_file() and piece.stat().st_size > 1000:
            piece.chmod(0o600)
            piece.write_bytes(piece.read_bytes()[:-1] + b"?")
    done = project("rehearse", identity=False, code=3)
    assert "is damaged" in done.stderr


def test_what_runs_is_rehearsed_when_it_is_asked_for(project: Project) -> None:
    project("plan", NAME, "--wasm", project.module("v02_safe_additions"), "--allow-dirty")
    done = project("rehearse", "--state", "live")
    assert "ACCEPTED" in done.stdout
    assert list((project.folder / "backups").glob(f"snapshot-*-{NAME}"))
    assert not project.ic.engine.canisters[Principal.parse(project.canister).raw].snapshots


def test_required_means_that_a_plan_without_a_rehearsal_does_not_run(project: Project) -> None:
    project.write("ctxcheck.toml", '[migrate]\nrehearse = "required"\n')
    project("plan", NAME, "--wasm", project.module("v02_safe_additions"), "--allow-dirty")
    done = project("migrate", "plan.ctx", "-y", code=None)
    assert done.returncode not in (0, 70)
    assert "asks for a rehearsal" in done.stdout + done.stderr
    project("backup", NAME)
    project("plan", NAME, "--wasm", project.module("v02_safe_additions"), "--allow-dirty")
    done = project("migrate", "plan.ctx", "-y")
    assert "COMMITTED" in done.stdout
