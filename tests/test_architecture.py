"""Who may import whom, and what a plain comparison loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOMS = ("grammars", "analyzer", "replica", "migrator", "ctxcheck")

# What a room may import of the others, beside itself. Rooms that do not exist yet are held from their first file on.
ALLOWED = {
    "grammars": (),
    "analyzer": ("grammars",),
    "replica": ("grammars", "analyzer.candid", "analyzer.errors"),
    "migrator": ("grammars", "analyzer", "replica"),
    "ctxcheck": ("grammars", "analyzer", "replica", "migrator"),
}

# Inside the analyzer: a part, and what it may not import.
FORBIDDEN = {
    "analyzer.candid": ("analyzer.motoko", "analyzer.edits", "analyzer.report", "analyzer.rules", "analyzer.policy"),
    "analyzer.motoko": ("analyzer.candid", "analyzer.edits", "analyzer.report", "analyzer.rules", "analyzer.policy"),
    "analyzer.edits": ("analyzer.report", "analyzer.policy"),
    "analyzer.report": ("analyzer.candid", "analyzer.motoko"),
}

# Packages that cost much to load, or reach outside, and the one place that may import them.
HEAVY = {
    "ic": "migrator.network",
    "httpx": "migrator.network",
    "wasmtime": "replica",
    "rich": "ctxcheck",
    "uvicorn": "replica.http",
    "h11": "replica.http",
    "lark": "grammars.build",
}


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name. top: it is imported when the module is, not in a function nor for type checkers alone."""

    module: str
    target: str
    line: int
    top: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


def within(name: str, *packages: str) -> bool:
    """Tell whether a dotted name is one of the packages or in one of them."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


class _Reader(ast.NodeVisitor):
    """Collects the imports of one module."""

    def __init__(self, module: str, *, is_package: bool) -> None:
        self.found: list[Import] = []
        self._module = module
        self._is_package = is_package
        self._top = True

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name, node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = node.module or ""
        if node.level:
            parts = self._module.split(".")
            package = parts[: len(parts) - node.level + self._is_package]
            base = ".".join([*package, *([base] if base else [])])
        self._add(base, node)
        # What is taken out of a package may be a module of it.
        for alias in node.names:
            self._add(f"{base}.{alias.name}", node)

    def visit_Call(self, node: ast.Call) -> None:
        function = ast.unparse(node.func).rpartition(".")[2]
        if function in {"import_module", "__import__"} and node.args and isinstance(node.args[0], ast.Constant):
            self._add(str(node.args[0].value), node)
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        for child in node.body:
            self._inside(child, top=self._top and not ast.unparse(node.test).endswith("TYPE_CHECKING"))
        for child in node.orelse:
            self.visit(child)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for child in ast.iter_child_nodes(node):
            self._inside(child, top=False)

    def _inside(self, node: ast.AST, *, top: bool) -> None:
        before, self._top = self._top, top
        self.visit(node)
        self._top = before

    def _add(self, target: str, node: ast.stmt | ast.expr) -> None:
        self.found.append(Import(self._module, target, node.lineno, self._top))


def imports_of(source: str, module: str, *, is_package: bool) -> list[Import]:
    """Return every import statement and every `import_module("...")` of a module.

    From `from a import b` both `a` and `a.b` are returned, for `b` may be a module.
    """
    reader = _Reader(module, is_package=is_package)
    reader.visit(ast.parse(source))
    return reader.found


def all_imports() -> Iterator[Import]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield from imports_of(path.read_text("utf-8"), module_name(path), is_package=path.name == "__init__.py")


def wrong_direction(found: Import) -> bool:
    room = found.module.partition(".")[0]
    return within(found.target, *ROOMS) and not within(found.target, room, *ALLOWED[room])


def wrong_part(found: Import) -> bool:
    outside_sources = within(found.module, "analyzer") and not within(found.module, "analyzer.sources")
    if outside_sources and within(found.target, "analyzer.sources"):
        return True
    return any(within(found.module, part) and within(found.target, *others) for part, others in FORBIDDEN.items())


def wrong_package(found: Import) -> bool:
    package = found.target.partition(".")[0]
    if package not in HEAVY:
        return False
    if not within(found.module, HEAVY[package]):
        return True
    return package == "rich" and found.top


CHECKS = {"direction": wrong_direction, "part": wrong_part, "package": wrong_package}


@pytest.mark.parametrize("check", CHECKS)
def test_imports_run_one_way(check: str) -> None:
    assert [str(found) for found in all_imports() if CHECKS[check](found)] == []


@pytest.mark.parametrize(
    ("module", "source", "check"),
    [
        ("grammars.parser", "import analyzer", "direction"),
        ("analyzer.text", "from ctxcheck import paint", "direction"),
        ("analyzer.text", "def f():\n    from ctxcheck.main import main", "direction"),
        ("analyzer.text", "if TYPE_CHECKING:\n    from migrator import plan", "direction"),
        ("analyzer.text", "import importlib\nimportlib.import_module('ctxcheck.main')", "direction"),
        ("replica.wasm", "from analyzer.motoko import types", "direction"),
        ("replica.wasm", "from analyzer import motoko", "direction"),
        ("migrator.plan", "import ctxcheck.main", "direction"),
        ("analyzer.candid.parse", "from analyzer.motoko.types import Kind", "part"),
        ("analyzer.motoko.types", "from analyzer import candid", "part"),
        ("analyzer.motoko.types", "from ..candid import types", "part"),
        ("analyzer.candid.types", "from analyzer.edits import walk", "part"),
        ("analyzer.candid.types", "from analyzer.report import text", "part"),
        ("analyzer.compare.candid", "from analyzer.sources.files import read", "part"),
        ("analyzer.report.text", "from rich.console import Console", "package"),
        ("ctxcheck.commands.diff", "from rich.console import Console", "package"),
        ("migrator.plan", "import ic", "package"),
        ("replica.engine", "import uvicorn", "package"),
        ("migrator.plan", "from httpx import Client", "package"),
        ("ctxcheck.main", "def f():\n    import wasmtime", "package"),
        ("grammars.parser", "from lark import Lark", "package"),
    ],
)
def test_a_wrong_import_is_noticed(module: str, source: str, check: str) -> None:
    assert any(CHECKS[check](found) for found in imports_of(source, module, is_package=False))


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("analyzer.compare.candid", "from analyzer.candid import parse\nfrom analyzer.edits import walk"),
        ("analyzer.sources.files", "from analyzer.sources.paths import found"),
        ("analyzer.text", "import icalendar, iclib"),
        ("analyzer.text", "import analyzer_extra, ctxchecker"),
        ("replica.wasm", "import wasmtime\nfrom analyzer.candid import types"),
        ("migrator.network.agent", "import httpx\nfrom ic.agent import Agent"),
        ("migrator.plan", "from analyzer import compare_candid\nfrom replica import engine"),
        ("ctxcheck.progress", "if TYPE_CHECKING:\n    from rich.status import Status"),
        ("ctxcheck.commands.diff", "def f():\n    from rich.console import Console"),
        ("grammars.build", "from lark import Lark"),
    ],
)
def test_a_right_import_is_let_through(module: str, source: str) -> None:
    found = imports_of(source, module, is_package=False)
    assert found
    assert not any(check(one) for check in CHECKS.values() for one in found)


def test_every_room_that_exists_is_held() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - {"tests", "fixtures"} <= set(ROOMS)
    assert len({found.module for found in all_imports()}) > 20


def loaded_by(*arguments: str) -> tuple[set[str], int]:
    """Return the modules that the command loads, and its exit status."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ctxcheck", *arguments],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}, done.returncode


# A comparison is run on every save and every commit: what it does not need it does not load.
NEVER_LOADED = (
    "ic",
    "httpx",
    "wasmtime",
    "rich",
    "lark",
    "asyncio",
    "importlib.metadata",
    "replica",
    "cbor2",
    "cryptography",
    "uvicorn",
)
# What only projects and decisions take.
OF_PROJECTS = ("yaml", "tomllib", "difflib", "concurrent", "tempfile", "analyzer.policy.config")


def test_a_comparison_loads_only_what_it_needs() -> None:
    loaded, status = loaded_by("diff", "fixtures/demo/old", "fixtures/demo/new")
    assert status in {0, 1}
    assert {"analyzer.compare.candid", "grammars.parser"} <= loaded
    assert sorted(name for name in loaded if within(name, *NEVER_LOADED, *OF_PROJECTS)) == []


def test_a_check_loads_no_more_than_it_needs() -> None:
    loaded, status = loaded_by("check")
    assert status in {0, 1}
    assert "analyzer.sources.affected" in loaded
    assert sorted(name for name in loaded if within(name, *NEVER_LOADED, "yaml")) == []


def test_a_comparison_loads_the_format_that_is_asked_for_alone() -> None:
    others = [f"analyzer.report.{name}" for name in ("json", "html", "github", "markdown", "sarif", "junit", "gitlab")]
    loaded, _ = loaded_by("diff", "fixtures/demo/old", "fixtures/demo/new")
    assert sorted(name for name in loaded if within(name, *others, "xml", "html")) == []
    loaded, _ = loaded_by("diff", "fixtures/demo/old", "fixtures/demo/new", "--format", "gitlab")
    assert sorted(name for name in loaded if name in others) == ["analyzer.report.gitlab"]


def test_a_candid_comparison_does_not_load_the_motoko_side(tmp_path: Path) -> None:
    paths = [tmp_path / "old.did", tmp_path / "new.did"]
    for path in paths:
        path.write_text("service : {}", "utf-8")
    loaded, status = loaded_by("diff", *map(str, paths))
    assert status == 0
    assert "analyzer.candid.relation" in loaded
    unneeded = ("analyzer.motoko", "analyzer.candid.values", "analyzer.candid.witness", "migrator", "replica")
    assert sorted(name for name in loaded if within(name, *unneeded)) == []
