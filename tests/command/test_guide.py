"""The migration guide's own calls and emergency procedures, as our documentation has them, on networks with certificates."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from replica import Replica
from tests.command.migrating import NAME, Project
from tests.replica import registry
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from replica.http.serve import Server


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


def npm(project: Project, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `npm run migrate -- WORDS` where the script is the one that the documentation names."""
    program = shutil.which("npm")
    if program is None:
        pytest.skip("npm is not on this machine")
    folder = project.folder / "bin"
    if not folder.exists():
        folder.mkdir()
        shim = folder / "ctxcheck"
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ctxcheck "$@"\n', "utf-8")
        shim.chmod(0o755)
        project.write("package.json", json.dumps({"name": "app", "scripts": {"migrate": "ctxcheck migrate"}}))
    environment = {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(project.folder / "home"),
        "NO_UPDATE_NOTIFIER": "1",
    }
    return subprocess.run(
        [program, "run", "--silent", "migrate", "--", *words],
        cwd=project.folder, env=environment, capture_output=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip


ON = ("-e", "test", "--identity-file", "home/key.pem")


def test_the_guide_s_calls_through_npm(project: Project) -> None:
    wasm = project.module("v02_safe_additions")
    assert npm(project, "backup", *ON).returncode == 0
    listed = npm(project, "list").stdout
    (data,) = (project.folder / "backups").glob("data-backup-*.json")
    assert data.name in listed
    assert "Running" in npm(project, "verify", *ON).stdout
    done = npm(project, "--wasm", wasm, *ON)
    assert "COMMITTED" in done.stdout, done.stdout + done.stderr
    restored = npm(project, "restore", f"backups/{data.name}", *ON, "-y")
    assert restored.returncode == 0, restored.stderr
    assert "is as in the backup already" in restored.stderr


def test_complete_system_recovery(project: Project) -> None:
    before = project.records()
    project.write("src/main.mo", "actor {}")
    project("backup")
    files, data, snapshot = (
        next((project.folder / "backups").glob(f"{kind}*")) for kind in ("fs-", "data-", "snapshot-")
    )
    with Replica() as fresh, fresh.serve() as other:  # everything failed: a new network, no canister
        shutil.rmtree(project.folder / "src")
        shutil.copytree(files / "src", project.folder / "src")  # the guide's `cp -r backups/fs-backup-.../* ./`
        assert (project.folder / "src" / "main.mo").read_text("utf-8") == "actor {}"
        canister = fresh.create(controllers=[project.key.sender])
        on = ("-n", other.url, "--identity-file", "home/key.pem", "-y")
        project("restore", snapshot.name, "--to", canister, *on, identity=False)
        assert registry.records(fresh, canister) == before
        again = fresh.create(controllers=[project.key.sender])
        fresh.install(again, registry.module(registry.FIRST), caller=project.key.sender)
        told = project("restore", data.name, "--to", again, *on, identity=False)
        assert f"ctxcheck restore {snapshot.name}" in told.stderr  # a snapshot is offered first
        now = registry.records(fresh, again)
        assert {name for name in before if now[name] != before[name]} <= {"recentEvents"}


def test_data_recovery_only(project: Project) -> None:
    before = project.records()
    project("backup")
    (snapshot,) = (project.folder / "backups").glob("snapshot-*")
    (data,) = (project.folder / "backups").glob("data-*")
    registry.call(project.ic, project.canister, registry.FIRST, "setMetadata", '("site", "corrupted")')
    assert project.records() != before
    module = project.ic.module_hash(project.canister)
    told = project("restore", snapshot.name, "-y").stderr
    assert "everything that was written since is lost" in told
    assert project.records() == before
    assert project.ic.module_hash(project.canister) == module
    # The guide's way, whose first step only a person takes: ctxcheck prints the command that deletes all data.
    told = project("restore", data.name, "-y").stderr
    assert "--mode reinstall" in told
    project.ic.reinstall(project.canister, registry.module(registry.FIRST))
    assert project.records() != before
    restored = project("restore", data.name, "-y").stderr
    now = project.records()
    assert {name for name in before if now[name] != before[name]} <= {"recentEvents"}, restored


def test_files_restored_by_hand(project: Project) -> None:
    project.write("src/main.mo", "actor { first }")
    project("backup", "--no-data", "--no-snapshot")
    (files,) = (project.folder / "backups").glob("fs-*")
    project.write("src/main.mo", "actor { second }")
    subprocess.run(f"cp -r {files}/* ./", shell=True, cwd=project.folder, check=True)  # noqa: S602 - as the guide has it
    assert (project.folder / "src" / "main.mo").read_text("utf-8") == "actor { first }"
    project.write("src/main.mo", "actor { third, later }")
    kept = project("restore", files.name, "--files", "-y", identity=False).stderr
    assert "later" in kept
    project("restore", files.name, "--files", "--later-edits", "-y", identity=False)
    assert (project.folder / "src" / "main.mo").read_text("utf-8") == "actor { first }"
    assert (
        next((project.folder / "backups").glob("replaced-*/src/main.mo")).read_text("utf-8") == "actor { third, later }"
    )


def test_what_the_workflow_runs(project: Project) -> None:
    import yaml  # noqa: PLC0415 - for this alone

    steps = yaml.safe_load((ROOT / "docs/workflows/migrate.yml").read_text("utf-8"))["jobs"]["migrate"]["steps"]
    (script,) = [one["run"] for one in steps if one.get("name") == "Migrate"]
    shutil.copy(project.folder / project.module("v02_safe_additions"), project.folder / "new.wasm")
    npm(project, "list")  # makes the program that the script calls
    environment = {
        **os.environ,
        "PATH": f"{project.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(project.folder / "home"),
        "ENVIRONMENT": "production",
        "MESSAGE": "From the workflow",
        "DEPLOY_KEY": (project.folder / "home" / "key.pem").read_text("utf-8"),
    }
    script = script.replace("-e ic", "-e test --wasm new.wasm")  # mainnet is nothing that a test upgrades
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=project.folder, env=environment,
                          capture_output=True, encoding="utf-8", timeout=120, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (kept,) = [one["with"]["path"].split() for one in steps if "upload-artifact" in one.get("uses", "")]
    found = {path.name for pattern in kept for path in project.folder.glob(pattern)}
    assert {"journal.jsonl", "plan.ctx", "migration-history.md", "deployed"} <= found
    (always,) = [one["if"] for one in steps if "upload-artifact" in one.get("uses", "")]
    assert always == "always()"
    assert NAME in (project.folder / "docs" / "migration-history.md").read_text("utf-8")
