"""`git diff` with ctxcheck as its driver, as git itself calls it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.command.process import run
from tests.shared import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    settings = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", f"diff.ctxcheck.command={DRIVER}")
    done = subprocess.run(
        ["git", *settings, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout + done.stderr


DRIVER = f"'{sys.executable}' -m ctxcheck git-diff-driver"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitattributes").write_text("*.did diff=ctxcheck\n*.most diff=ctxcheck\n", "utf-8")
    (tmp_path / "api.did").write_text("service : { m : () -> (nat) }", "utf-8")
    (tmp_path / "api.most").write_text("actor {stable x : Nat};", "utf-8")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "one")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        pytest.param("api.did", "service : { m : () -> (text) }", ("interface api.did", "C505", "b/api.did:1:24"), id="a .did that breaks"),
        pytest.param("api.most", "actor {stable x : Int};", ("interface api.most", "S120", "SAFE"), id="a .most that is safe"),
        pytest.param("api.did", "service : {", ("interface api.did: b/api.did:1:12: expected",), id="one that cannot be read"),
        pytest.param("api.did", 'import "x.did"; service : { m : () -> (nat) }', ("UNDECIDED", "C904"), id="one that imports"),
        pytest.param("new.did", "service : {}", ("interface new.did", "canister added"), id="a new one"),
    ],
)  # fmt: skip
def test_a_change(repository: Path, name: str, text: str, says: tuple[str, ...]) -> None:
    (repository / name).write_text(text, "utf-8")
    git(repository, "add", "-A")
    shown = git(repository, "diff", "--cached")
    assert all(word in shown for word in says), shown


def test_one_that_is_gone_and_the_log(repository: Path) -> None:
    (repository / "api.did").unlink()
    git(repository, "commit", "-q", "-a", "-m", "two")
    shown = git(repository, "log", "-p", "--ext-diff", "-1")
    assert "interface api.did" in shown
    assert "canister removed" in shown


def test_a_wrong_call(tmp_path: Path) -> None:
    done = run(tmp_path, "git-diff-driver", "api.did")
    assert done.returncode == 2
    assert "git hands over 7 or 9 arguments, not 1" in done.stderr
