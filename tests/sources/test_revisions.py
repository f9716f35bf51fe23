"""Git revisions and standard input as sources, and which of them an argument names."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.command.process import run
from tests.shared import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TYPES = ("nat", "text", "opt text")  # of the first commit, the second, the working file


def git(folder: Path, *arguments: str) -> str:
    settings = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *settings, *arguments], cwd=folder, capture_output=True, encoding="utf-8", check=True)
    return done.stdout


def write(folder: Path, kind: str) -> None:
    (folder / "src" / "api.did").write_text(f"service : {{ m : () -> ({kind}) }}", "utf-8")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    (folder / "src").mkdir()
    git(folder, "init", "-q")
    for kind in TYPES[:2]:
        write(folder, kind)
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", kind)
    write(folder, TYPES[2])
    git(folder, "tag", "both")
    (folder / "both").mkdir()
    (folder / "link.did").symlink_to("src/api.did")
    return folder


@pytest.mark.parametrize(
    ("folder", "arguments", "old", "new"),
    [
        pytest.param(".", ("HEAD~1:src/api.did", "HEAD:src/api.did"), "nat", "text", id="two revisions"),
        pytest.param(".", ("git:HEAD~1:src/api.did", "file:src/api.did"), "nat", "opt text", id="prefixes"),
        pytest.param(".", ("HEAD:src/api.did",), "text", "opt text", id="a revision and the working file"),
        pytest.param("src", ("HEAD:src/api.did",), "text", "opt text", id="as git has it, from the repository's folder"),
        pytest.param("src", ("HEAD:./api.did",), "text", "opt text", id="from the working folder"),
        pytest.param("src", ("HEAD:api.did",), "text", "opt text", id="what is not in the one is looked for in the other"),
        pytest.param("src", ("HEAD",), "text", "opt text", id="a whole folder"),
        pytest.param(".", ("HEAD:src",), "text", "opt text", id="a folder of a revision"),
        pytest.param(".", ("HEAD~1..HEAD:src/api.did",), "nat", "text", id="two in one"),
        pytest.param(".", ("git:HEAD~1..HEAD:src/api.did",), "nat", "text", id="two in one, with a prefix"),
        pytest.param(".", ("main~1:src/api.did", "main:src/api.did"), "nat", "text", id="a branch"),
    ],
)  # fmt: skip
def test_revisions(repository: Path, folder: str, arguments: tuple[str, ...], old: str, new: str) -> None:
    done = run(repository / folder, "diff", *arguments)
    assert done.returncode == 1, done.stderr
    assert f": {old} -> {new}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        pytest.param(("HEAD:nothing.did",), 3, "there is no such file or folder in this revision", id="no such file"),
        pytest.param(("git:nothing:src/api.did",), 3, "there is no revision 'nothing'", id="no such revision"),
        pytest.param(("nothing:src/api.did",), 3, "there is no such file or folder", id="neither"),
        pytest.param(("both", "src"), 2, "both is a path and a revision", id="a path and a revision"),
        pytest.param(("src/api.did",), 2, "is to be compared with something", id="a path alone"),
        pytest.param(("--", "git:--upload-pack=x:a", "src"), 3, "there is no revision", id="an option of git"),
        pytest.param(("HEAD:../../etc/passwd",), 3, "there is no such file", id="out of the repository"),
        pytest.param(
            ("ic:aaaaa-aa",),
            2,
            "the project has no Motoko canister `aaaaa-aa`",
            id="what runs, and nothing to compare it with",
        ),
    ],
)
def test_what_is_no_revision(repository: Path, arguments: tuple[str, ...], status: int, says: str) -> None:
    done = run(repository, "diff", *arguments)
    assert (done.returncode, "Traceback" in done.stderr) == (status, False)
    assert says in done.stderr


def test_a_revision_imports_from_itself(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "api.did").write_text('import "types.did"; service : { m : () -> (T) }', "utf-8")
    (tmp_path / "types.did").write_text("type T = nat;", "utf-8")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "one")
    (tmp_path / "types.did").write_text("type T = text;", "utf-8")
    done = run(tmp_path, "diff", "HEAD:api.did")
    assert done.returncode == 1
    assert "HEAD:types.did:1:10" in done.stdout


def test_a_file_of_types_that_another_imports_is_no_canister(tmp_path: Path) -> None:
    for side, kind in (("old", "nat"), ("new", "text")):
        (tmp_path / side).mkdir()
        (tmp_path / side / "types.did").write_text(f"type T = {kind};", "utf-8")
        (tmp_path / side / "api.did").write_text('import "types.did"; service : { m : () -> (T) }', "utf-8")
    done = run(tmp_path, "diff", "old", "new", "--format", "short")
    assert (done.returncode, done.stdout.count("\n")) == (1, 2)
    (tmp_path / "new" / "api.did").write_text("service : { m : () -> (text) }", "utf-8")
    done = run(tmp_path, "diff", "old", "new")
    assert done.returncode == 3
    assert "new/types.did:1:1: there is no service" in done.stderr


def handed_in(folder: Path, data: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "ctxcheck", "diff", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        input=data,
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "text", "data", "status"),
    [
        pytest.param("a.did", "service : {}", b"service : { m : () -> () }", 0, id="a .did"),
        pytest.param("a.most", "actor {};", b"actor {stable x : Nat};", 0, id="a .most"),
        pytest.param("a.did", "service : { m : () -> () }", b"service : {}", 1, id="that breaks"),
        pytest.param("a.did", "service : {}", b"service : {", 3, id="that cannot be read"),
        pytest.param("a.did", "service : {}", b'import "b.did"; service : {}', 3, id="that imports"),
        pytest.param("a.did", "service : {}", b"", 3, id="nothing"),
    ],
)
def test_standard_input(tmp_path: Path, name: str, text: str, data: bytes, status: int) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    done = handed_in(tmp_path, data, name, "-")
    assert (done.returncode, b"Traceback" in done.stderr) == (status, False)
