"""The Motoko compiler of this machine: where it is looked for.

A compiler inside the project is never run: whoever sends a change to the project would run what they like.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from analyzer.sources.cache import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NPM_VERSION = "4.10.0"  # of the npm package motoko, in the private cache
INSTALL = "`ctxcheck doctor --install-compiler` brings one; `ctxcheck doctor` shows where it is looked for"


class Compiler(NamedTuple):
    """A compiler. kind: `moc`, a program, or `npm`, the package motoko for node. origin: how it was found."""

    kind: str
    path: Path
    origin: str


class Candidate(NamedTuple):
    """A place where a compiler is looked for. refused: why one that is there is not taken."""

    compiler: Compiler
    exists: bool
    refused: str | None


def find(project: Path, environment: Mapping[str, str] = os.environ) -> Compiler | None:
    """Return the first compiler that there is: the project's choice first. None where there is none."""
    for candidate in candidates(project, environment):
        if candidate.exists and candidate.refused is None:
            return candidate.compiler
    return None


def candidates(project: Path, environment: Mapping[str, str] = os.environ) -> Iterator[Candidate]:
    """Yield where a compiler is looked for, in this order."""
    boundary = _boundary(project)
    for kind, path, origin in _candidates(project, environment):
        inside = path.resolve().is_relative_to(boundary)
        yield Candidate(Compiler(kind, path, origin), path.exists(), "it is inside the project" if inside else None)


def _boundary(project: Path) -> Path:
    """Return the folder in which everything may come from who sends changes: the repository, else the project."""
    whole = project.resolve()
    return next((folder for folder in (whole, *whole.parents) if (folder / ".git").exists()), whole)


def _candidates(project: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, Path, str]]:
    named = environment.get("DFX_MOC_PATH")
    if named:
        yield "moc", Path(named), "$DFX_MOC_PATH"
    home = Path(environment.get("HOME", "/nonexistent"))
    caches = home / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    wanted = _toml(project / "mops.toml").get("toolchain", {}).get("moc")
    if isinstance(wanted, str):
        yield "moc", caches / "mops" / "moc" / wanted / "moc", f"mops toolchain {wanted}"
    dfx = _json(project / "dfx.json").get("dfx")
    if isinstance(dfx, str):
        yield "moc", caches / "dfinity" / "versions" / dfx / "moc", f"dfx {dfx}"
    on_path = shutil.which("moc", path=environment.get("PATH"))
    if on_path:
        yield "moc", Path(on_path), "PATH"
    folder = npm_folder(environment)
    if folder is not None and node(environment) is not None:
        yield "npm", folder / "node_modules" / "motoko", f"npm motoko {NPM_VERSION}"


def node(environment: Mapping[str, str] = os.environ, name: str = "node") -> str | None:
    """Return node, or npm: of the PATH, else what the extra `moc` installed beside Python. None where there is none."""
    beside = str(Path(sys.executable).parent)
    return shutil.which(name, path=environment.get("PATH")) or shutil.which(name, path=beside)


def npm_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the folder of the private cache that holds the npm compiler; None where the user has no home."""
    base = cache_folder(environment)
    return None if base is None else base / "moc" / NPM_VERSION


def _toml(path: Path) -> dict[str, dict[str, object]]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}


def _json(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
