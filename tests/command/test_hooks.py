"""The hooks as git and pre-commit really run them, and `ctxcheck init`, which sets them up."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from analyzer.sources.compiler import NPM_VERSION
from tests.command.process import run
from tests.command.test_check import OLD, REFUSED, SAFE, lay
from tests.oracles.needed import ask_skip_or_fail
from tests.oracles.oracle import FOLDER as ORACLES
from tests.shared import ROOT
from tests.sources.test_revisions import git

SECONDS = 600
PROGRAM = "persistent actor {{ var k : {kind} = {value}; public func f() : async () {{}} }};"
GONE = {"api/ledger.did": SAFE["api/ledger.did"].replace("pay : (nat) -> (); ", "")}  # a method of what SAFE left


def commands(folder: Path) -> dict[str, str]:
    """Return an environment in which `ctxcheck` is on the PATH."""
    script = folder / "bin" / "ctxcheck"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m ctxcheck "$@"\n', "utf-8")
    script.chmod(0o755)
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "PRE_COMMIT", "GITHUB_", "CI"))
    }
    cache = {"XDG_CACHE_HOME": str(folder / "cache"), "PRE_COMMIT_HOME": str(folder / "pre-commit")}
    author = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return {**clean, **cache, **author, "PATH": f"{script.parent}:{Path(sys.executable).parent}:{clean['PATH']}"}


def commit(folder: Path, environment: dict[str, str], files: dict[str, str]) -> tuple[int, str]:
    """Write files, stage and commit them as a user does; return status and everything that was printed."""
    lay(folder, files)
    subprocess.run(["git", "add", "-A", "-f"], cwd=folder, env=environment, check=True)
    done = subprocess.run(
        ["git", "commit", "-m", "x"], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        encoding="utf-8", timeout=SECONDS, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def gate(folder: Path, environment: dict[str, str]) -> None:
    """Hold what a hook has to do, whichever way it is run."""
    assert commit(folder, environment, SAFE)[0] == 0
    status, said = commit(folder, environment, GONE)
    assert status != 0
    assert said.count("blocked by: clients") == 1
    (words,) = re.findall(r"ctxcheck accept [0-9a-f]{12} --reason TEXT", said)
    words = words.replace("TEXT", "'nobody calls it'")
    subprocess.run(words, shell=True, cwd=folder, env=environment, check=True)  # noqa: S602 - as the report tells it
    assert commit(folder, environment, {})[0] == 0
    status, said = commit(folder, environment, REFUSED)
    assert (status != 0, "blocked by: state" in said) == (True, True)
    git(folder, "reset", "-q", "--hard")
    status, said = commit(folder, environment, {"api/ledger.did": "service : {"})
    assert (status != 0, "error (new): api/ledger.did:1:12" in said) == (True, True)
    git(folder, "reset", "-q", "--hard")
    status, said = commit(folder, environment, {"backups/data-backup-1.json": "{}"})
    assert (status != 0, "a backup or a journal is about to be committed" in said) == (True, True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    lay(folder, OLD)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "one")
    return folder


def test_the_hooks_of_git(tmp_path: Path, project: Path) -> None:
    environment = commands(tmp_path)
    done = run(project, "init", "--yes", "--hook", "git")
    assert (done.returncode, done.stderr) == (0, "")
    gate(project, environment)
    git(project, "reset", "-q", "--hard")
    # What was committed past the hook is met when it is pushed.
    lay(project, REFUSED)
    subprocess.run(["git", "commit", "-aqm", "x", "--no-verify"], cwd=project, env=environment, check=True)
    git(tmp_path, "init", "-q", "--bare", "remote")
    git(project, "remote", "add", "origin", str(tmp_path / "remote"))
    pushed = subprocess.run(
        ["git", "push", "origin", "main"], cwd=project, env=environment, capture_output=True, encoding="utf-8",
        timeout=SECONDS, check=False,
    )  # fmt: skip
    assert (pushed.returncode != 0, "blocked by: state" in pushed.stdout + pushed.stderr) == (True, True)


@pytest.fixture(scope="session")
def hook_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with what ctxcheck's own has, as pre-commit clones it."""
    folder = tmp_path_factory.mktemp("hook") / "ctxcheck"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if not name.startswith("tests/") and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    git(folder, "init", "-q")
    git(folder, "add", "-A", "-f")
    git(folder, "commit", "-q", "-m", "one")
    git(folder, "tag", "v1")
    return folder


def test_pre_commit(tmp_path: Path, project: Path, hook_repository: Path) -> None:
    environment = commands(tmp_path)
    hooks = {"repo": str(hook_repository), "rev": "v1", "hooks": [{"id": "ctxcheck"}]}
    lay(project, {".pre-commit-config.yaml": yaml.safe_dump({"repos": [hooks]})})
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "two")
    subprocess.run(["pre-commit", "install"], cwd=project, env=environment, check=True, capture_output=True)
    gate(project, environment)
    if shutil.which("npm") is None:
        return
    # A program takes the compiler, which is fetched into the private cache when the first one is met.
    assert not (tmp_path / "cache/ctxcheck/moc").exists()
    git(project, "reset", "-q", "--hard")
    dfx = {"dfx.json": json.dumps({"canisters": {"counter": {"type": "motoko", "main": "main.mo"}}})}
    assert commit(project, environment, {**dfx, "main.mo": PROGRAM.format(kind="Nat", value="0")})[0] == 0
    status, said = commit(project, environment, {"main.mo": PROGRAM.format(kind="Text", value='""')})
    assert (status != 0, "S501" in said) == (True, True)
    assert (tmp_path / "cache/ctxcheck/moc" / NPM_VERSION / "node_modules/motoko").is_dir()


def test_a_program_in_a_hook(tmp_path: Path, project: Path) -> None:
    ask_skip_or_fail()
    environment = commands(tmp_path)
    installed = tmp_path / "cache/ctxcheck/moc" / NPM_VERSION
    installed.mkdir(parents=True)
    (installed / "node_modules").symlink_to(ORACLES / "node_modules")
    program = 'import T "Types"; persistent actor { var k : T.Kind = KIND; public func f() : async () {} };'
    lay(project, {
        "dfx.json": json.dumps({"canisters": {"counter": {"type": "motoko", "main": "src/main.mo"}}}),
        "src/main.mo": program.replace("KIND", "0"), "src/Types.mo": "module { public type Kind = Nat };",
    })  # fmt: skip
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "two")
    assert run(project, "init", "--yes").returncode == 0
    assert commit(project, environment, {"src/Types.mo": "module { public type Kind = Int };"})[0] == 0
    text = {"src/Types.mo": "module { public type Kind = Text };", "src/main.mo": program.replace("KIND", '""')}
    status, said = commit(project, environment, text)
    assert (status != 0, "S501" in said) == (True, True)
    status, said = commit(project, environment, {"src/main.mo": "persistent actor {"})
    assert (status != 0, "src/main.mo:1:19: it does not compile" in said) == (True, True)


def test_init_leaves_what_is_there(project: Path) -> None:
    files = {
        "ctxcheck.toml": 'policy = "wire"\n',
        ".gitignore": "backups\nnode_modules",
        "package.json": '{\n    "name": "x",\n    "scripts": {"migrate": "tsx migrate.ts", "b": "\u00e9"}\n}\n',
        ".git/hooks/pre-commit": "#!/bin/sh\nnpm test\n",
    }
    lay(project, files)
    done = run(project, "init", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    kept = {name: (project / name).read_text("utf-8") for name in files}
    assert kept == {**files, ".gitignore": "backups\nnode_modules\n.ctxcheck/\n"}
    assert "add `ctxcheck check --staged` to it" in done.stdout


def test_init_writes_what_is_missing(project: Path) -> None:
    lay(project, {"package.json": '{\n    "name": "x"\n}\n', "dfx.json": '{"canisters": {"a": {"main": "a.mo"}}}'})
    done = run(project, "init", "--yes", "--policy", "wire", "--hook", "pre-commit")
    assert (done.returncode, done.stderr) == (0, "")
    assert (project / "package.json").read_text("utf-8") == (
        '{\n    "name": "x",\n    "scripts": {\n        "migrate": "ctxcheck migrate"\n    }\n}\n'
    )
    assert (project / ".gitignore").read_text("utf-8") == ".ctxcheck/\nbackups/\n"
    (local,) = yaml.safe_load((project / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert local["hooks"][0]["entry"] == "ctxcheck check --staged --fetch-compiler"
    config = (project / "ctxcheck.toml").read_text("utf-8")
    assert {'policy = "wire"', 'profile = "dfx"', 'baseline = "main"  # what changes are merged into'} <= set(
        config.splitlines()
    )
    again = run(project, "init", "--yes")
    assert "written" not in again.stdout
    assert "runs ctxcheck already" in again.stdout
