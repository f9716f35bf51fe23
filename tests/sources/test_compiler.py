"""Motoko programs as a source: which compiler is taken, and what becomes of its answer."""

from __future__ import annotations

import os
import shutil
from pathlib import Path, PurePath

import pytest

from analyzer.sources.compile import Program, compile_programs
from analyzer.sources.compiler import NPM_VERSION, find
from analyzer.sources.disk import Disk
from analyzer.sources.flags import flags
from tests.canister.build import REGISTRY, versions
from tests.command.process import run
from tests.oracles.needed import ask_skip_or_fail
from tests.oracles.oracle import FOLDER as ORACLES
from tests.sources.test_revisions import git

PROGRAM = "persistent actor { var count : Nat = 0; public query func get() : async Nat { count } };"
# A compiler that writes what the environment says, and how it was called.
MOC = """#!/bin/sh
echo "$@" > "$CALLED"
while [ "$1" != -o ]; do shift; done
out="${2%.wasm}"
[ -n "$FAULT" ] && { echo "$FAULT" >&2; exit 1; }
echo 'service : { m : () -> () }' > "$out.did"
echo 'actor {stable x : Nat};' > "$out.most"
"""


def program(path: Path, text: str = MOC) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """Return a project and the environment of a machine with every compiler that is looked for."""
    project, home = tmp_path / "project", tmp_path / "home"
    project.mkdir()
    (project / "mops.toml").write_text('[toolchain]\nmoc = "1.2.3"\n[dependencies]\ncore = "2.0.0"\n', "utf-8")
    (project / "dfx.json").write_text('{"dfx": "0.30.0"}', "utf-8")
    program(tmp_path / "named")
    program(home / ".cache/mops/moc/1.2.3/moc")
    program(home / ".cache/dfinity/versions/0.30.0/moc")
    program(tmp_path / "bin" / "moc")
    program(tmp_path / "bin" / "node")
    program(home / f".cache/ctxcheck/moc/{NPM_VERSION}/node_modules/motoko/index.js")
    environment = {"HOME": str(home), "PATH": str(tmp_path / "bin"), "DFX_MOC_PATH": str(tmp_path / "named")}
    return project, environment


# What is taken away, one after the other, and what is found then.
ORDER = [
    ("", "$DFX_MOC_PATH"),
    ("named", "mops toolchain 1.2.3"),
    ("home/.cache/mops/moc/1.2.3/moc", "dfx 0.30.0"),
    ("home/.cache/dfinity/versions/0.30.0/moc", "PATH"),
    ("bin/moc", f"npm motoko {NPM_VERSION}"),
    ("bin/node", None),
]


@pytest.mark.skipif(os.name != "posix" or os.uname().sysname == "Darwin", reason="the folders are those of Linux")
def test_the_order(machine: tuple[Path, dict[str, str]]) -> None:
    project, environment = machine
    for gone, origin in ORDER:
        if gone:
            (project.parent / gone).unlink()
        found = find(project, environment)
        assert (None if found is None else found.origin) == origin


@pytest.mark.parametrize("how", ["a file", "a link"])
def test_a_compiler_inside_the_project_is_never_taken(machine: tuple[Path, dict[str, str]], how: str) -> None:
    project, environment = machine
    inside = program(project / "node_modules" / ".bin" / "moc")
    named = project.parent / "link"
    named.symlink_to(inside)
    found = find(project, {**environment, "DFX_MOC_PATH": str(inside if how == "a file" else named)})
    assert found is not None
    assert found.origin == "mops toolchain 1.2.3"


def test_a_program_goes_through_the_compiler(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / ".mops" / "core@1.0.0" / "src").mkdir(parents=True)
    (project / "mops.toml").write_text('[dependencies]\ncore = "1.0.0"\n', "utf-8")
    (project / "main.mo").write_text(PROGRAM, "utf-8")
    (project / "old.did").write_text("service : { m : () -> () }", "utf-8")
    moc, called = program(tmp_path / "moc"), tmp_path / "called"
    environment = {"DFX_MOC_PATH": str(moc), "CALLED": str(called)}
    done = run(project, "diff", "old.did", "main.mo", **environment)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "✓ no changes")
    words = called.read_text("utf-8").split()
    assert words[:2] == ["--package", "core"]
    assert {"--idl", "--stable-types", "main.mo"} <= set(words)
    fault = "main.mo:3.5-3.9: type error [M0050], this is wrong"
    done = run(project, "diff", "old.did", "main.mo", FAULT=fault, **environment)
    assert done.returncode == 3
    assert "error: main.mo:3:5: it does not compile: type error [M0050], this is wrong" in done.stderr


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param("HEAD:main.mo", "there is no such file", id="no repository"),
    ],
)
def test_what_is_missing(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "main.mo").write_text(PROGRAM, "utf-8")
    done = run(tmp_path, "diff", name, name, HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "cache"), PATH="/bin")
    assert (done.returncode, "Traceback" in done.stderr) == (3, False)
    assert says in done.stderr


def uncompiled(tmp_path: Path, *arguments: str) -> tuple[int, str]:
    """Run a diff where there is no compiler; return its status and what it says."""
    done = run(tmp_path, "diff", *arguments, HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "cache"), PATH="/bin")
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def test_without_a_compiler_what_is_certain_is_told_and_the_rest_is_undecided(tmp_path: Path) -> None:
    (tmp_path / "old.mo").write_text(PROGRAM, "utf-8")
    (tmp_path / "new.mo").write_text(PROGRAM.replace("Nat = 0", 'Text = ""'), "utf-8")
    status, said = uncompiled(tmp_path, "old.mo", "new.mo", "--format", "short")
    assert status == 1
    assert "new.mo:1:32: breaking S501" in said
    assert "undecided C903" in said
    assert "what clients see of old.mo takes the Motoko compiler" in said
    assert said.count("ctxcheck doctor --install-compiler") == 1
    status, said = uncompiled(tmp_path, "old.mo", "old.mo", "--surface", "stable")
    assert (status, said.splitlines()[0]) == (0, "✓ no changes")


@pytest.mark.parametrize(
    ("text", "beside", "why"),
    [
        pytest.param("persistent actor { let m = f() }", {}, "main.mo:1:20", id="a value that computes"),
        pytest.param("(with migration = f) persistent actor { }", {}, "may be a migration", id="a migration"),
        pytest.param(PROGRAM, {"migrations/1.mo": ""}, "a folder of migrations beside it", id="a folder"),
        pytest.param(PROGRAM, {"mops.toml": '["--enhanced-migration=m"]'}, "mops.toml names", id="a flag"),
        pytest.param("persistent actor {", {}, "is never closed", id="no Motoko"),
    ],
)
def test_without_a_compiler_nothing_in_doubt_is_safe(
    tmp_path: Path, text: str, beside: dict[str, str], why: str
) -> None:
    for name, content in {"main.mo": text, **beside}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, "utf-8")
    status, said = uncompiled(tmp_path, "main.mo", "main.mo", "--surface", "stable", "--format", "short")
    assert status == 1
    assert "undecided S903" in said
    assert why in said
    assert "ctxcheck doctor --install-compiler" in said


def test_the_npm_compiler_compiles(tmp_path: Path) -> None:
    ask_skip_or_fail()
    cache = tmp_path / "cache"
    (cache / "ctxcheck" / "moc" / NPM_VERSION).mkdir(parents=True)
    (cache / "ctxcheck" / "moc" / NPM_VERSION / "node_modules").symlink_to(ORACLES / "node_modules")
    for side, kind in (("old", "Nat"), ("new", "Text")):
        folder = tmp_path / "project" / side
        folder.mkdir(parents=True)
        (folder / "Kind.mo").write_text(f"module {{ public type Kind = {kind} }};", "utf-8")
        literal = "0" if kind == "Nat" else '""'
        text = f'import Kind "Kind"; persistent actor {{ var k : Kind.Kind = {literal}; public func f() : async () {{}} }};'
        (folder / "main.mo").write_text(text, "utf-8")
    project = tmp_path / "project"
    done = run(project, "diff", "old/main.mo", "new/main.mo", XDG_CACHE_HOME=str(cache))
    assert done.returncode == 1
    assert "S501" in done.stdout
    assert "new/Kind.mo:1:29" in done.stdout
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "one")):
        git(project, *words)
    (project / "old" / "Kind.mo").write_text("module { public type Kind = Bool };", "utf-8")
    done = run(project, "diff", "HEAD:old/main.mo", "HEAD:new/main.mo", "--format", "short", XDG_CACHE_HOME=str(cache))
    assert (done.returncode, done.stdout.startswith("HEAD:new/Kind.mo:1:29: ")) == (1, True)
    done = run(project, "diff", "old/main.mo", "new/main.mo", XDG_CACHE_HOME=str(cache))
    assert done.returncode == 3
    assert "error: old/main.mo:1:60: it does not compile: literal of type Nat" in done.stderr


def test_several_programs_in_one_process_are_as_if_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Two of them have a chain of migrations each, in folders of one name, and files of one name with other contents.
    ask_skip_or_fail()
    installed = tmp_path / "ctxcheck" / "moc" / NPM_VERSION
    installed.mkdir(parents=True)
    (installed / "node_modules").symlink_to(ORACLES / "node_modules")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(Path(shutil.which("node") or "").parent))
    monkeypatch.delenv("DFX_MOC_PATH", raising=False)
    names = ["v01_first", "v11_chain", "v12_chain_continued"]
    programs = []
    for name in names:
        # Away from the checkout: no compiler inside of it would be taken.
        folder = PurePath(shutil.copytree(REGISTRY / name, tmp_path / name))
        words = versions()[name].get("flags", [])
        programs.append(Program(Disk(), folder / "main.mo", folder, flags(words, name)))
    for name, made in zip(names, compile_programs(programs), strict=True):
        recorded = [(REGISTRY / name / f"context_registry.{kind}").read_text("utf-8") for kind in ("did", "most")]
        assert made is not None
        assert [made.candid, made.stable] == recorded, name
