"""`ctxcheck doctor`: what it finds, what it says to do, and that it brings the compiler that is pinned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import analyzer.sources.compiler
from analyzer.errors import SourceError
from analyzer.sources.compiler import NPM_VERSION, npm_folder
from analyzer.sources.install import install_compiler
from tests.command.process import run

if TYPE_CHECKING:
    from collections.abc import Callable

PINNED = Path(analyzer.sources.compiler.__file__).parent / "moc"
NPM = """#!/bin/sh
echo "$@" > "$CALLED"
[ -n "$FAULT" ] && { echo "$FAULT" >&2; exit 1; }
mkdir -p node_modules/motoko
"""


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(0o755)
    return path


def test_a_machine_without_anything(tmp_path: Path) -> None:
    done = run(tmp_path, "doctor", HOME=str(tmp_path), PATH="", XDG_CACHE_HOME=str(tmp_path / "cache"), COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, "")
    assert "ctxcheck doctor --install-compiler" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80 + len(str(tmp_path))


def test_a_compiler_and_tools_inside_the_project_are_not_run(tmp_path: Path) -> None:
    (tmp_path / "dfx.json").write_text("{}", "utf-8")
    ran = tmp_path / "ran"
    tools = tmp_path / "node_modules" / ".bin"
    for name in ("moc", "mops"):
        program(tools / name, f"#!/bin/sh\ntouch {ran}\n")
    done = run(tmp_path, "doctor", PATH=f"{tools}:/usr/bin:/bin", XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert done.returncode == 0
    assert "not taken, it is inside the project" in done.stdout
    assert "not run, it is inside the project" in done.stdout
    assert not ran.exists()


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    program(tmp_path / "bin" / "npm", NPM)
    return {
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "CALLED": str(tmp_path / "called"),
    }


def test_the_compiler_is_installed_once(machine: dict[str, str]) -> None:
    folder = install_compiler(machine)
    assert folder == npm_folder(machine)
    called = Path(machine["CALLED"])
    assert called.read_text("utf-8").split()[:2] == ["ci", "--ignore-scripts"]
    assert (folder / "package-lock.json").read_bytes() == (PINNED / "package-lock.json").read_bytes()
    assert folder.parent.stat().st_mode & 0o77 == 0
    called.unlink()
    assert install_compiler(machine) == folder
    assert not called.exists()


def without_npm(machine: dict[str, str]) -> None:
    machine["PATH"] = ""


def with_a_fault(machine: dict[str, str]) -> None:
    machine["FAULT"] = "no network"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(with_a_fault, "npm says no: no network", id="npm fails"),
        pytest.param(without_npm, "there is no npm", id="no npm"),
    ],
)
def test_what_cannot_be_installed_leaves_nothing(
    machine: dict[str, str], monkeypatch: pytest.MonkeyPatch, change: Callable[[dict[str, str]], None], says: str
) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    change(machine)
    with pytest.raises(SourceError, match=says):
        install_compiler(machine)
    folder = npm_folder(machine)
    assert folder is not None
    assert not folder.exists()
    assert not folder.parent.exists() or list(folder.parent.iterdir()) == []


def test_what_is_installed_is_pinned() -> None:
    lock = json.loads((PINNED / "package-lock.json").read_text("utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages["node_modules/motoko"]["version"] == NPM_VERSION
    assert all(entry["integrity"].startswith("sha512-") and "resolved" not in entry for entry in packages.values())
