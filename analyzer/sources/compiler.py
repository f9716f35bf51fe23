"""The Motoko compiler of this machine: where it is looked for, and what it makes of a program.

A compiler inside the project is never run: whoever sends a change to the project would run what they like.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import SourceError
from analyzer.sources.cache import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NPM_VERSION = "4.10.0"  # of the npm package motoko, in the private cache
SECONDS = 180  # for one program
_SCRIPT = Path(__file__).parent / "moc" / "compile.mjs"
_SHOWN = 600  # characters of what the compiler says
_MESSAGE = re.compile(r"^(.+?):(\d+)\.(\d+)(?:-\d+\.\d+)?: (.*)$", re.MULTILINE)
INSTALL = "`ctxcheck doctor --install-compiler` brings one; `ctxcheck doctor` shows where it is looked for"


class Compiler(NamedTuple):
    """A compiler. kind: `moc`, a program, or `npm`, the package motoko for node. origin: how it was found."""

    kind: str
    path: Path
    origin: str


class NoCompilerError(SourceError):
    """There is no compiler on this machine."""


class Compiled(NamedTuple):
    """The texts that the compiler wrote."""

    candid: str
    stable: str


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
    for kind, path, origin in _candidates(project, environment):
        inside = path.resolve().is_relative_to(project.resolve())
        yield Candidate(Compiler(kind, path, origin), path.exists(), "it is inside the project" if inside else None)


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


def packages(project: Path, asking: Path | None = None) -> dict[str, Path]:
    """Return the folder of each package that mops installed below a project: of several versions the one asked for.

    asking: the folder whose mops.toml asks, where that is another one.
    """
    asked = _toml((asking or project) / "mops.toml").get("dependencies", {})
    found: dict[str, Path] = {}
    for folder in sorted((project / ".mops").glob("*@*")):
        name, _, version = folder.name.rpartition("@")
        if (folder / "src").is_dir() and (name not in found or asked.get(name) == version):
            found[name] = folder / "src"
    return found


def project_of(main: Path) -> Path:
    """Return the folder of the project that a program belongs to: the nearest with a project file, else its own."""
    for folder in main.resolve().parents:
        if (
            any((folder / name).is_file() for name in ("mops.toml", "dfx.json", "icp.yaml"))
            or (folder / ".git").exists()
        ):
            return folder
    return main.resolve().parent


def compile_program(main: Path, project: Path | None = None) -> Compiled:
    """Return what the compiler makes of a program. project: where it was exported from, which has its packages.

    Raises NoCompilerError; SourceError: a program with faults.
    """
    asking = project_of(main)
    project = project or asking
    compiler = find(project)
    if compiler is None:
        msg = "a .mo file takes the Motoko compiler, and there is none"
        raise NoCompilerError(msg, where=str(main), hint=INSTALL)
    known = packages(project, asking)
    with tempfile.TemporaryDirectory(prefix="ctxcheck-") as folder:
        out = Path(folder) / "out"
        if compiler.kind == "npm":
            named = json.dumps({name: str(path) for name, path in known.items()})
            command = [node() or "node", _SCRIPT, compiler.path, main, out, named]
        else:
            flags = [part for name, path in known.items() for part in ("--package", name, str(path))]
            command = [compiler.path, *flags, "--idl", "--stable-types", "-o", f"{out}.wasm", main]
        done = _run([str(part) for part in command], main)
        try:
            if done.returncode == 0:
                return Compiled(*(out.with_suffix(suffix).read_text("utf-8") for suffix in (".did", ".most")))
        except (OSError, UnicodeDecodeError):
            pass  # it said yes and wrote nothing: what it printed tells more
    raise _refused(main, done, compiler)


def _run(command: list[str], main: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except OSError as error:
        msg = f"the compiler cannot be run: {error.strerror}"
        raise SourceError(msg, where=command[0]) from None
    except subprocess.TimeoutExpired:
        msg = f"the compiler did not end within {SECONDS} s"
        raise SourceError(msg, where=str(main)) from None


def _refused(main: Path, done: subprocess.CompletedProcess[str], compiler: Compiler) -> SourceError:
    if compiler.kind == "npm" and done.returncode == 1:
        first, *others = json.loads(done.stdout)
        where = f"{os.path.relpath(first['file'])}:{first['line']}:{first['column']}"
        what, more = f"{first['message']} [{first['code']}]", len(others)
    else:
        said = done.stderr.strip() or done.stdout.strip() or f"it ended with status {done.returncode}"
        found = _MESSAGE.findall(said)
        where = ":".join(found[0][:3]) if found else str(main)
        what, more = (found[0][3] if found else said)[:_SHOWN], max(0, len(found) - 1)
    rest = f" (and {more} more)" if more else ""
    hint = f"compiled with {compiler.origin}; where packages are missing: `mops install`"
    return SourceError(f"it does not compile: {' '.join(what.split())}{rest}", where=where, hint=hint)
