"""`ctxcheck diff` as a user runs it: exit codes, errors, options. Each case is a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.command.process import run
from tests.shared import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SAFE = ("service : { get : () -> (nat) query }", "service : { get : () -> (nat) query; put : (nat) -> () }")
LOSSY = ("service : { put : (nat) -> () }", "service : { put : () -> () }")
BREAKING = ("service : { get : () -> (nat) query }", "service : { get : () -> (text) query }")
SPECIAL = ("service : { get : () -> (opt variant { a }) }", "service : { get : () -> (opt variant { a; b }) }")
JS_ONLY = ("service : { get : () -> (int) query }", "service : { get : () -> (nat) query }")


def write(folder: Path, pair: tuple[str, str], suffix: str = ".did") -> None:
    for name, text in zip(("old", "new"), pair, strict=True):
        (folder / f"{name}{suffix}").write_text(text, "utf-8")


@pytest.mark.parametrize(
    ("pair", "options", "status"),
    [
        pytest.param(SAFE, (), 0, id="safe"),
        pytest.param(LOSSY, (), 1, id="lossy for clients, and the guide calls it breaking"),
        pytest.param(LOSSY, ("--policy", "wire"), 0, id="lossy for clients warns"),
        pytest.param(BREAKING, ("--policy", "state"), 0, id="clients do not count for stored data"),
        pytest.param(JS_ONLY, (), 1, id="agent-js throws"),
        pytest.param(JS_ONLY, ("--policy", "wire", "--client", "rust"), 0, id="there are Rust clients alone"),
        pytest.param(BREAKING, (), 1, id="breaking"),
        pytest.param(SPECIAL, (), 0, id="the special rule under didc"),
        pytest.param(SPECIAL, ("--profile", "dfx"), 1, id="the special rule under dfx"),
        pytest.param(SAFE, ("--profile", "strict"), 1, id="strict is equality"),
        pytest.param(('import "a.did"; service : {}',) * 2, (), 3, id="an import that is not there"),
    ],
)
def test_exit_status(tmp_path: Path, pair: tuple[str, str], options: tuple[str, ...], status: int) -> None:
    write(tmp_path, pair)
    done = run(tmp_path, "diff", "old.did", "new.did", *options)
    assert (done.returncode, "Traceback" in done.stderr) == (status, False)


@pytest.mark.parametrize(
    ("pair", "status"),
    [
        pytest.param(("actor { stable a : Nat };", "actor { stable a : Int };"), 0, id="safe"),
        pytest.param(("actor { stable a : Nat };", "actor { };"), 1, id="breaking"),
        pytest.param(
            ("actor { stable a : Any };", "actor { stable a : Any };"), 1, id="stored data that is lost blocks"
        ),
        pytest.param(("actor { stable a : Nat };", "actor ({in a : Nat}, {});"), 1, id="a consuming migration blocks"),
    ],
)
def test_exit_status_of_stored_data(tmp_path: Path, pair: tuple[str, str], status: int) -> None:
    write(tmp_path, pair, ".most")
    assert run(tmp_path, "diff", "old.most", "new.most").returncode == status


@pytest.mark.parametrize("project", ["dfx.json", "icp.yaml"])
def test_a_project_of_dfx_or_icp_cli_asks_for_their_answer(tmp_path: Path, project: str) -> None:
    write(tmp_path, SPECIAL)
    (tmp_path / "src").mkdir()
    assert run(tmp_path / "src", "diff", "../old.did", "../new.did").returncode == 0
    (tmp_path / project).write_text("{}", "utf-8")
    assert run(tmp_path / "src", "diff", "../old.did", "../new.did").returncode == 1


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        pytest.param((), 2, "Missing argument 'OLD'", id="nothing to compare"),
        pytest.param(("old.did",), 2, "error: old.did is to be compared with something", id="one side"),
        pytest.param(("old.did", "gone.did"), 3, "error: gone.did: there is no such file or folder", id="no such file"),
        pytest.param(("old.did", "folder"), 2, "error: folder is a folder and old.did is not", id="a file and a folder"),
        pytest.param(("old.did", "new.most"), 2, "error: old.did and new.most are of different kinds", id="two kinds"),
        pytest.param(("x.txt", "x.txt"), 2, "error: neither x.txt nor x.txt ends in .did, .most, .wasm or .mo", id="unknown kind"),
        pytest.param(("folder", "folder"), 3, "error: folder: there is no *.did, *.most or *.wasm in this folder", id="empty"),
        pytest.param(("old.did", "ic:aaaaa-aa"), 2, 'error: "ic:" is what runs: it can be the old side', id="what runs as the new side"),
        pytest.param(("old.did", "new.did", "--format", "xml"), 2, "'xml' is not one of", id="unknown format"),
        pytest.param(("old.did", "new.did", "--surface", "stable"), 2, "neither side has a stable part", id="no such part"),
        pytest.param(("bad.did", "new.did"), 3, 'error (old): bad.did:2:3: expected ";", "composite_query", "oneway", "query" or "}", found "n"', id="syntax"),
        pytest.param(("old.did", "latin.did"), 3, "error: latin.did:1:4: byte 0xe9 is not UTF-8", id="not UTF-8"),
    ],
)  # fmt: skip
def test_errors(tmp_path: Path, arguments: tuple[str, ...], status: int, says: str) -> None:
    write(tmp_path, SAFE)
    (tmp_path / "folder").mkdir()
    (tmp_path / "new.most").write_text("actor { };", "utf-8")
    (tmp_path / "x.txt").write_text("service : {}", "utf-8")
    (tmp_path / "bad.did").write_text("service : { m : () -> ()\n  n : () -> () }", "utf-8")
    (tmp_path / "latin.did").write_bytes(b"// \xe9")
    done = run(tmp_path, "diff", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert says in done.stderr


def test_a_syntax_error_shows_the_line_and_a_caret(tmp_path: Path) -> None:
    write(tmp_path, ("service : {}", "service : {\n  get : () -> (nat) query\n  put : (nat) -> ();\n}"))
    done = run(tmp_path, "diff", "old.did", "new.did")
    assert done.stderr.splitlines()[1:3] == ["    put : (nat) -> ();", "    ^"]


def test_an_unknown_command_gets_the_nearest(tmp_path: Path) -> None:
    done = run(tmp_path, "dif", "a", "b")
    assert (done.returncode, "Did you mean `diff`?" in done.stderr) == (2, True)


def test_file_prefix_and_kind_of_the_other_side(tmp_path: Path) -> None:
    write(tmp_path, BREAKING)
    (tmp_path / "git:x.did").write_text(BREAKING[1], "utf-8")
    assert run(tmp_path, "diff", "file:old.did", "file:git:x.did").returncode == 1


def test_one_side_may_come_from_a_pipe(tmp_path: Path) -> None:
    write(tmp_path, BREAKING)
    script = f"'{sys.executable}' -m ctxcheck diff <(cat old.did) new.did --format short"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "breaking: 1 breaking")


def test_imports_are_followed_from_the_importing_file(tmp_path: Path) -> None:
    (tmp_path / "types").mkdir()
    (tmp_path / "types/base.did").write_text("type T = nat;", "utf-8")
    (tmp_path / "types/all.did").write_text('import "base.did"; type U = vec T;', "utf-8")
    write(tmp_path, ('import "types/all.did"; service : { m : () -> (U) }', "service : { m : () -> (vec text) }"))
    done = run(tmp_path, "diff", "old.did", "new.did", "--format", "json")
    (edit,) = json.loads(done.stdout)["canisters"][0]["edits"]
    assert (edit["kind"], edit["old"]["locations"][0]["file"]) == ("type_changed", "types/all.did")


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colour_is_for_terminals(tmp_path: Path, environment: dict[str, str], *, coloured: bool) -> None:
    write(tmp_path, BREAKING)
    done = run(tmp_path, "diff", "old.did", "new.did", **environment)
    assert ("\x1b[" in done.stdout) is coloured


def test_colour_changes_no_word(tmp_path: Path) -> None:
    write(tmp_path, BREAKING)
    plain = run(tmp_path, "diff", "old.did", "new.did").stdout
    painted = run(tmp_path, "diff", "old.did", "new.did", FORCE_COLOR="1").stdout
    bare = re.sub(r"\x1b\[[0-9;]*m", "", painted)
    assert [line.rstrip() for line in bare.splitlines()] == plain.splitlines()


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    methods = "; ".join(f"m{i} : () -> (nat)" for i in range(3000))
    write(tmp_path, (f"service : {{ {methods} }}", f"service : {{ {methods.replace('nat', 'text')} }}"))
    script = f"'{sys.executable}' -m ctxcheck diff old.did new.did | head -n 1"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.stdout.startswith("✗ BREAKING  3000 breaking")
    assert done.stderr == ""


def test_help_names_every_exit_status(tmp_path: Path) -> None:
    done = run(tmp_path, "diff", "--help")
    assert all(f"{status} " in done.stdout for status in (0, 1, 2, 3))
    assert "diff" in run(tmp_path, "--help").stdout
