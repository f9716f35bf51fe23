"""ctxcheck as users have it: its wheel in an environment of its own, compiled, away from the source tree."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_LEFT_OUT = shutil.ignore_patterns(".*", "node_modules", "__pycache__", "build", "dist", "*.egg-info", "tests")


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment. python: its interpreter. command: its `ctxcheck`. empty: a folder with nothing in it."""

    python: Path
    command: Path
    empty: Path


def install(folder: Path) -> Installed:
    """Build the wheel of this tree and install it below `folder`. Raises CalledProcessError, which carries the output."""
    # From a copy: an older `build` folder in the tree would get into the wheel.
    shutil.copytree(ROOT, folder / "tree", ignore=_LEFT_OUT)
    _run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(folder / "tree")]
    )
    _run([sys.executable, "-m", "venv", str(folder / "venv")])
    python = folder / "venv" / "bin" / "python"
    (wheel,) = folder.glob("ctxcheck-*.whl")
    _run([str(python), "-m", "pip", "install", "--quiet", "--compile", str(wheel)])
    _run([str(python), "-m", "compileall", "-q", str(folder / "venv" / "lib")], check=False)
    shutil.rmtree(folder / "tree")
    (folder / "empty").mkdir()
    return Installed(python, python.with_name("ctxcheck"), folder / "empty")


def _run(command: list[str], *, check: bool = True) -> None:
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=900, check=False)
    if check and done.returncode != 0:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
