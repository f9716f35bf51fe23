"""Upgrades as a user makes them: planned, shown, approved, run, undone; and what newcomers get wrong."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from analyzer.candid.principal import Principal
from migrator.network.identity import from_pem
from replica import Replica
from tests.command.migrating import NAME, Project
from tests.command.process import run
from tests.migrator.live import new_pem
from tests.replica import registry
from tests.replica.icp import INSTALLED
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from replica.http.serve import Server

SAFE, TRAPS, WRONG, BREAKS = "v02_safe_additions", "v15_traps", "v16_wrong_data", "v03_optional_field"


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica() as network:
        yield network


@pytest.fixture(scope="module")
def server(ic: Replica) -> Iterator[Server]:
    with ic.serve() as serving:
        yield serving


@pytest.fixture
def project(tmp_path: Path, ic: Replica, server: Server) -> Project:
    return Project(tmp_path, ic, server)


def test_a_safe_upgrade_from_plan_to_history_and_back(project: Project) -> None:
    before = project.records()
    wasm = project.module(SAFE)
    project("plan", "--wasm", wasm, "-m", "Add a motto")
    assert "nothing stands in the way" in project("show", "plan.ctx", identity=False).stdout
    done = project("migrate", "plan.ctx")
    assert "COMMITTED" in done.stdout
    assert (project.folder / "deployed" / f"{NAME}.most").read_text("utf-8")
    history = (project.folder / "docs" / "migration-history.md").read_text("utf-8")
    assert "Add a motto" in history
    assert "runs what was committed last" in project("history", "--check").stdout
    (entry,) = json.loads(run(project.folder, "history", "--json").stdout)["entries"]
    assert (entry["message"], entry["outcome"]) == ("Add a motto", "committed")
    kinds = {
        path.name.split("-")[0] for path in (project.folder / "backups").iterdir() if not path.name.startswith(".")
    }
    assert kinds == {"fs", "data", "snapshot"}
    assert project("rollback", "-y", code=8).stdout.count("ROLLED BACK") == 1
    assert project.records() == before
    assert not (project.folder / "deployed" / f"{NAME}.most").exists()
    assert "ROLLED BACK" in (project.folder / "docs" / "migration-history.md").read_text("utf-8")
    project("history", "--check")
    assert "not undone" in project("rollback", "-y", code=2).stderr


def test_the_report_of_an_upgrade_proves_itself(project: Project) -> None:
    project("backup", NAME)
    project("migrate", "--wasm", project.module(SAFE), "-m", "Add a motto <script>")
    (run_folder,) = project.runs
    shown = " ".join(project("show", run_folder.name, identity=False).stdout.split())
    for words in ("the rehearsal is in it", "67 values compared, none lost, 1 added", "all of it holds"):
        assert words in shown
    for form in ("json", "html"):
        path = project.folder / f"report.{form}"
        path.write_text(project("show", run_folder.name, "--format", form, identity=False).stdout, "utf-8")
        assert "all of it holds" in project("show", "--verify", path.name, identity=False).stdout
    text = (project.folder / "report.html").read_text("utf-8")
    for heading in (f"Rehearsal of {NAME}", f"Values of {NAME} before and after", "Journal"):
        assert f">{heading}<" in text
    assert "<script>" not in text.replace('<script type="application/json">', "")
    said = text.replace("nothing stands in the way", "Nothing stands in the way").replace("committed", "rolled back", 1)
    journal = json.loads((project.folder / "report.json").read_text("utf-8"))
    lies = {
        "what the page says": said,
        "a line of the journal": json.dumps({**journal, "journal": [*journal["journal"][:-2], journal["journal"][-1]]}),
        "the plan": json.dumps({**journal, "plan": journal["plan"][:-8] + "AAAAAAA="}),
        "all of it": "{}",
    }
    for what, lie in lies.items():
        (project.folder / "lie").write_text(lie, "utf-8")
        refused = project("show", "--verify", "lie", identity=False, code=3)
        assert "error" in refused.stderr, what


ENDS = [
    pytest.param(SAFE, 0, "COMMITTED", id="safe: no question here"),
    pytest.param(TRAPS, 5, "REFUSED", id="traps: the old version runs"),
    pytest.param(WRONG, 8, "ROLLED BACK", id="loses a record: rolled back by itself"),
    pytest.param(BREAKS, 1, "stand in the way", id="the guide's safe optional field: never begun"),
]


@pytest.mark.parametrize(("version", "code", "words"), ENDS)
def test_in_one_go(project: Project, version: str, code: int, words: str) -> None:
    before = project.records()
    done = project("migrate", "--wasm", project.module(version), code=code)
    assert words in done.stdout
    if code:
        assert project.records() == before


def test_a_change_that_is_not_safe_asks_and_signs(project: Project) -> None:
    wasm = project.module("v06_function_removed")
    project("plan", "--wasm", wasm, code=1)
    found = json.loads(project("show", "plan.ctx", "--format", "json", identity=False, code=1).stdout)
    (blocking,) = [one for one in found["plan"]["targets"][0]["changes"] if one["blocked_by"]]
    project.write("deployed.txt", "")
    project.write(
        "ctxcheck.toml",
        "[levels]\nC201 = 'warn'\n" if blocking["rule"] == "C201" else f"[levels]\n{blocking['rule']} = 'warn'\n",
    )
    refused = project("migrate", "--wasm", wasm, code=2)
    assert "nobody is there to answer" in refused.stderr
    done = project("migrate", "--wasm", wasm, "-y", "-m", "Nobody calls it")
    assert "COMMITTED" in done.stdout
    (entry,) = json.loads(run(project.folder, "history", "--json").stdout)["entries"]
    assert entry["approvals"][0]["reason"] == "Nobody calls it"


def test_a_plan_that_others_approve(project: Project) -> None:
    pem = new_pem()
    (project.folder / "home" / "other.pem").write_bytes(pem)
    other = Principal(from_pem(pem, "another").sender)
    project.write("ctxcheck.toml", f"[migrate]\napprovers = ['{other}']\n[levels]\nC102 = 'warn'\n")
    wasm = project.module("v06_function_removed")
    project("plan", "--wasm", wasm)
    refused = project("migrate", "plan.ctx", "-y", code=4)
    assert "0 of 1 approval" in refused.stderr
    project("approve", "plan.ctx", "--reason", "I looked", "--identity-file", "home/other.pem", identity=False)
    assert "COMMITTED" in project("migrate", "plan.ctx").stdout
    assert "I looked" in project("history").stdout


def test_held_and_gone_on_with(project: Project) -> None:
    held = project("migrate", "--wasm", project.module(SAFE), "--hold", "--events", "events.jsonl", code=6)
    events = [json.loads(line) for line in (project.folder / "events.jsonl").read_text("utf-8").splitlines()]
    assert (events[0]["event"], events[-1]["event"]) == ("begin", "end")
    assert {one["event"] for one in events} == {"begin", "step", "transfer", "outcome", "end"}
    assert [one["done"] == one["total"] for one in events if one["event"] == "transfer"][-1]
    assert "HELD" in held.stdout
    assert "migrate --resume" in held.stdout
    shown = project("status").stdout
    assert "stopped" in shown
    assert "not over" in shown
    assert project("recover", NAME, code=6).stdout.count("icp canister start") >= 1
    assert "COMMITTED" in project("migrate", "--resume").stdout


def test_a_run_that_was_put_right_by_hand(project: Project) -> None:
    wasm = project.module(SAFE)
    project("migrate", "--wasm", wasm, "--hold", code=6)
    (folder,) = project.runs
    project.ic.start(project.canister)  # somebody opened it without us
    refused = project("migrate", "--wasm", wasm, code=6)
    assert "is not over" in refused.stderr
    shown = project("recover", NAME, "--close", folder.name, "--reason", "started by hand")
    assert "is closed" in shown.stderr
    assert "--resume" not in shown.stdout
    assert "is over" in project("recover", NAME, "--close", folder.name, "--reason", "again", code=2).stderr
    project("migrate", "--wasm", wasm)


def test_told_and_not_done(project: Project) -> None:
    before = project.ic.module_hash(project.canister)
    told = project("migrate", "--wasm", project.module(SAFE), "--dry-run", "--as", "icp").stdout
    commands = [line for line in told.splitlines() if line.startswith("icp ")]
    assert [line.split()[2] for line in commands][:3] == ["status", "stop", "snapshot"]
    assert all(project.server.url in line for line in commands)
    assert project.ic.module_hash(project.canister) == before
    assert project.runs == []


def test_built_by_icp_cli(project: Project) -> None:
    if not INSTALLED.is_file():
        pytest.skip("icp-cli is not installed: make setup")
    shutil.copy(project.folder / project.module(SAFE), project.folder / "new.wasm")
    done = project("migrate", "-m", "Built", PATH=f"{INSTALLED.parent}{os.pathsep}{os.environ['PATH']}")
    assert "COMMITTED" in done.stdout
    assert f"icp build {NAME}" in done.stdout


MISTAKES = [
    pytest.param(["migrate", "plan.ctx"], 2, "ctxcheck plan -o", id="a plan that is not there"),
    pytest.param(["migrate", "nobody"], 2, "known there", id="a canister that is not there"),
    pytest.param(["migrate", "--wasm", "none.wasm"], 3, "none.wasm", id="a module that is not there"),
    pytest.param(["migrate", "--wasm", "icp.yaml"], 3, "icp.yaml", id="a module that is none"),
    pytest.param(["migrate", "--no-rehearse"], 2, "--reason", id="no reason"),
    pytest.param(["migrate", "--as", "icp"], 2, "--dry-run", id="--as without --dry-run"),
    pytest.param(["migrate", "--resume"], 2, "no run that is not over", id="nothing to go on with"),
    pytest.param(["migrate", "--resume", "../../etc"], 2, "no name of a run", id="a run that is none"),
    pytest.param(["rollback", "-y"], 2, "not undone", id="nothing to roll back"),
    pytest.param(["rollback"], 2, "not undone", id="nothing to roll back, and nobody there"),
    pytest.param(
        ["plan", "--wasm", "WASM", "--args", "(1)"], 3, "1 values for 0 types", id="arguments that it does not take"
    ),
    pytest.param(["plan", "--wasm", "WASM", "-o", "icp.yaml"], 2, "no plan", id="over another file"),
]


@pytest.mark.parametrize(("arguments", "code", "words"), MISTAKES)
def test_mistakes(project: Project, arguments: list[str], code: int, words: str) -> None:
    wasm = project.module(SAFE)
    arguments = [wasm if one == "WASM" else one for one in arguments]
    done = project(*arguments, code=code)
    assert words in done.stdout + done.stderr


def test_somebody_who_is_no_controller_is_told_who_is(project: Project) -> None:
    wasm = project.module(SAFE)
    pem = project.folder / "home" / "other.pem"
    pem.write_bytes(new_pem())
    asked = ("-e", "test", "--identity-file", str(pem))
    done = project("plan", "--wasm", wasm, *asked, identity=False, code=5)
    assert "is no controller" in done.stderr
    assert "(a key)" in done.stderr
    hidden = project("plan", "--wasm", wasm, "--for", "sns", *asked, identity=False, code=3)
    assert "--old WASM" in hidden.stderr
    wrong = project("plan", "--wasm", wasm, "--for", "sns", "--old", wasm, *asked, identity=False, code=3)
    assert "not what runs" in wrong.stderr
    old = project.folder / "old.wasm"
    old.write_bytes(registry.module(registry.FIRST))
    project("plan", "--wasm", wasm, "--for", "sns", "--old", str(old), *asked, identity=False)
    written = {path.name for path in (project.folder / "plan.sns").iterdir()}
    assert written == {"proposal.md", f"{NAME}.wasm", f"{NAME}.argument.bin", f"{NAME}.payload.bin"}
    assert "is no controller" in project("migrate", "plan.ctx", "-y", *asked, identity=False, code=5).stdout


def test_stopped_by_hand_and_gone_on_with(project: Project) -> None:
    wasm = project.module(SAFE)
    hook = "import time,pathlib; pathlib.Path('here').touch(); time.sleep(30)"
    project.write(
        "ctxcheck.toml", f"[migrate.hooks]\nbefore_install = [{json.dumps(sys.executable)}, '-c', {json.dumps(hook)}]\n"
    )
    command = [
        sys.executable,
        "-m",
        "ctxcheck",
        "migrate",
        "--wasm",
        wasm,
        "-e",
        "test",
        "--identity-file",
        "home/key.pem",
    ]
    process = subprocess.Popen(
        command, cwd=project.folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    until = time.monotonic() + 30
    while not (project.folder / "here").exists() and time.monotonic() < until:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert "the old version" in said
    assert "is stopped" in said
    assert "--resume" in said
    project.write("ctxcheck.toml", "")
    assert "COMMITTED" in project("migrate", "--resume").stdout
    assert project.ic.module_hash(project.canister) == sha256((project.folder / wasm).read_bytes()).digest()


CUSTOM = """
from ctxcheck import MigrationOrchestrator


class Custom(MigrationOrchestrator):
    def before_HOOK(self, at):
        raise RuntimeError("not on a Friday")
"""


@pytest.mark.parametrize(
    ("hook", "code", "words"),
    [
        pytest.param("install", 5, "not on a Friday", id="a hook that says no"),
        pytest.param("instal", 2, "did you mean `before_install`?", id="a hook that there is not"),
    ],
)
def test_an_orchestrator_of_the_project(project: Project, hook: str, code: int, words: str) -> None:
    before = project.records()
    project.write("custom.py", CUSTOM.replace("HOOK", hook))
    project.write("ctxcheck.toml", '[migrate]\norchestrator = "custom.py:Custom"\nrehearse = "off"\n')
    done = project("migrate", "--wasm", project.module(SAFE), code=code)
    assert words in done.stdout + done.stderr
    assert project.records() == before


def test_after_a_rollback_the_local_network_is_restarted_where_that_is_configured(project: Project) -> None:
    wasm = project.module(WRONG)
    done = project("migrate", "--wasm", wasm, code=8)
    assert "icp network stop" in done.stderr
    command = json.dumps([sys.executable, "-c", "open('restarted', 'w')"])
    project.write("ctxcheck.toml", f"[migrate]\nrehearse = 'off'\nrestart = {command}\n")
    project("migrate", "--wasm", wasm, code=8)
    assert (project.folder / "restarted").exists()
