"""`ctxcheck doctor`."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analyzer.model import Verdict
from analyzer.report.drawing import Drawing, Line, wrapped
from analyzer.sources.cache import SWITCH, cache_folder, open_cache
from analyzer.sources.compiler import candidates, find, node
from analyzer.sources.disk import Disk
from analyzer.sources.hooks import hook_of
from analyzer.sources.packages import nearest, packages
from analyzer.sources.projects import PROJECT_FILES
from analyzer.sources.projects.profile import default_profile
from ctxcheck import __version__
from ctxcheck.paint import show
from ctxcheck.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 10  # for a program to tell its version
_TOOLS = ("git", "dfx", "icp", "mops")
_PROJECT_FILES = ("dfx.json", "icp.yaml", "mops.toml", "mops.lock", "ctxcheck.toml")


@click.command("doctor", short_help="Show what ctxcheck finds on this machine, and what to do about the rest.")
@click.option(
    "--install-compiler", is_flag=True, help="Bring the npm build of the Motoko compiler into ctxcheck's cache."
)
def command(*, install_compiler: bool) -> None:
    """Show compiler, tools, project and cache in one screen, and what to do where something is missing.

    \b
    Exit status:
      0  shown, or installed
      3  the compiler could not be installed
    """  # noqa: D301 - click's mark for lines that stay as they are
    if install_compiler:
        from analyzer.sources.install import install_compiler as install  # noqa: PLC0415 - few ask for it

        with Progress("installing the compiler"):
            folder = install()
        click.echo(f"the npm compiler is in {folder}")
        return
    show(partial(_lines, Path(nearest(Disk(), Path.cwd(), *PROJECT_FILES))))


def _lines(project: Path, drawing: Drawing) -> Iterator[Line]:
    yield [(f"ctxcheck {__version__}", "bold"), (f", Python {platform.python_version()}, {platform.system()}", "dim")]
    yield from _heading("compiler, for .mo files")
    taken = find(project)
    for candidate in candidates(project):
        compiler = candidate.compiler
        if candidate.refused and candidate.exists:
            yield from _row(Verdict.LOSSY, compiler.origin, f"{compiler.path}: not taken, {candidate.refused}", drawing)
        elif compiler == taken:
            yield from _row(Verdict.SAFE, compiler.origin, str(compiler.path), drawing)
        else:
            there = "not needed" if candidate.exists else "not there"
            yield from _row(None, compiler.origin, f"{compiler.path} ({there})", drawing)
    if taken is None:
        yield from _row(Verdict.BREAKING, "none", "ctxcheck doctor --install-compiler", drawing)
    yield from _heading("programs")
    found = node()
    what = _version(found) if found else "not there; `pip install 'ctxcheck[moc]'` brings it"
    yield from _row(Verdict.SAFE if found else Verdict.LOSSY, "node", what, drawing)
    for tool in _TOOLS:
        path = shutil.which(tool)
        if path is not None and Path(path).resolve().is_relative_to(project):
            yield from _row(Verdict.LOSSY, tool, f"{path}: not run, it is inside the project", drawing)
        else:
            yield from _row(Verdict.SAFE if path else None, tool, _version(path) if path else "not there", drawing)
    yield from _heading(f"project {project}")
    for name in _PROJECT_FILES:
        if (project / name).is_file():
            yield from _row(Verdict.SAFE, name, "", drawing)
    yield from _row(None, "Candid answer", f"{default_profile()} (--profile)", drawing)
    hook = hook_of(project)
    if hook is None:
        yield from _row(Verdict.LOSSY, "hook", "none runs ctxcheck: `ctxcheck init`", drawing)
    else:
        yield from _row(Verdict.SAFE, "hook", f"{hook.where} ({hook.kind})", drawing)
    installed = packages(Disk(), project).installed
    if (project / "mops.toml").is_file():
        words = f"{len(installed)} installed" if installed else "none installed: `mops install`"
        yield from _row(Verdict.SAFE if installed else Verdict.LOSSY, "packages", words, drawing)
    yield from _heading("cache")
    folder = cache_folder(os.environ)
    state = "on" if open_cache(__version__) is not None else f"off: {SWITCH}=1 turns it on, also under CI"
    yield from _row(None, "models", f"{folder or 'no folder'} ({state})", drawing)


def _heading(text: str) -> Iterator[Line]:
    yield []
    yield [(text, "bold")]


def _row(verdict: Verdict | None, name: str, text: str, drawing: Drawing) -> Iterator[Line]:
    mark: Line = [("    ", "")] if verdict is None else [(f"  {drawing.mark(verdict)} ", verdict)]
    yield from wrapped(text, drawing, [*mark, (f"{name:<22} ", "")], [(" " * 27, "")], "dim")


def _version(program: str) -> str:
    """Return the first line that a program says of its version."""
    try:
        done = subprocess.run(
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return f"{program} does not say its version"
    first = (done.stdout.strip() or done.stderr.strip()).partition("\n")[0]
    return "".join(c for c in first if c.isprintable())[:60] or program
