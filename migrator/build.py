"""The module that is to run: built as the project says, by its own tool where that is there, else by the compiler."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import SourceError, UsageError
from analyzer.sources.files import read_bytes
from analyzer.sources.wasm import read_module
from migrator.backups.files import git_state
from migrator.plan.model import Build

if TYPE_CHECKING:
    from pathlib import Path

    from analyzer.sources.projects.target import Target

SECONDS = 15 * 60
_SHOWN = 2000  # characters of what a tool says last
_FILES = {"dfx": "dfx.json", "icp": "icp.yaml", "mops": "mops.toml"}


class Built(NamedTuple):
    """A module, as it is sent, and where it is from."""

    module: bytes
    build: Build


def from_file(project: Path, path: Path) -> Built:
    """Return a module that somebody built. Raises SourceError: it cannot be read, or is none."""
    data = read_bytes(path)
    read_module(data, str(path))
    commit, is_dirty = git_state(project)
    return Built(data, Build(f"the file {path.name}", commit, is_dirty, None, None))


def build(project: Path, name: str, *, network: str, tool: str | None = None) -> Built:
    """Build a canister of a project. network: as the project calls it. tool: `dfx`, `icp`, `mops` or `moc`.

    tool None: the first whose project file names the canister and that is on this machine, else the Motoko compiler.
    Raises UsageError: the project has no such canister. SourceError: it does not build, or nothing here can build it.
    """
    commit, is_dirty = git_state(project)
    target = _target(project, name)
    for one, file in _FILES.items():
        if tool not in (None, one) or not (project / file).is_file() or not _names(project, one, name):
            continue
        path = shutil.which(one)
        if path is None and tool is None:
            continue
        if path is None:
            msg = f"`{one}` is not on this machine"
            raise SourceError(msg, hint="name the built module with --wasm FILE, or build with --build moc")
        module = _by_tool(project, one, path, name, network)
        return Built(module, Build(f"{one} build {name}", commit, is_dirty, None, None))
    if target is None:
        msg = f"`{name}` is no canister of this project, and no module was named"
        raise UsageError(msg, hint="--wasm FILE names the built module")
    module, source, compiler = _by_compiler(project, target)
    return Built(module, Build(source, commit, is_dirty, compiler, None))


def _target(project: Path, name: str) -> Target | None:
    from analyzer.sources.disk import Disk  # noqa: PLC0415 - only for what is built
    from analyzer.sources.projects.read import project_in  # noqa: PLC0415

    found = project_in(Disk(), project)
    return None if found is None else found.targets.get(name)


def _names(project: Path, tool: str, name: str) -> bool:
    """Tell whether a tool's project file names a canister, of whatever language."""
    from analyzer.sources.disk import Disk  # noqa: PLC0415 - see above
    from analyzer.sources.projects import dfx, mops  # noqa: PLC0415

    file = project / _FILES[tool]
    if tool == "icp":
        import yaml  # noqa: PLC0415 - only for projects of icp-cli

        document = yaml.safe_load(read_bytes(file))
        listed = document.get("canisters") if isinstance(document, dict) else None
        return any(isinstance(one, dict) and one.get("name") == name for one in listed or ())
    module = dfx if tool == "dfx" else mops
    return any(one.name == name for one in module.targets(Disk(), file))


def _by_tool(project: Path, tool: str, path: str, name: str, network: str) -> bytes:
    """Run a tool and return what it made. Its words are shown only where it fails."""
    command = [path, "build", name]
    if tool == "dfx":
        command += ["--network", network]
    shown = " ".join([tool, *command[1:]])
    try:
        done = subprocess.run(
            command,
            cwd=project,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
            env={**os.environ, "DO_NOT_TRACK": "1"},
        )
    except OSError as error:
        msg = f"it cannot be run: {error.strerror}"
        raise SourceError(msg, where=shown) from None
    except subprocess.TimeoutExpired:
        msg = f"it did not end within {SECONDS} s"
        raise SourceError(msg, where=shown) from None
    if done.returncode:
        said = done.stdout.decode("utf-8", "replace").strip()[-_SHOWN:]
        msg = f"the build fails: {said or f'status {done.returncode}'}"
        raise SourceError(msg, where=shown, hint=f"fix what the compiler says (`{shown}` shows it), and call again")
    places = {
        "dfx": [f".dfx/{network}/canisters/{name}/{name}.wasm.gz", f".dfx/{network}/canisters/{name}/{name}.wasm"],
        "icp": [f".icp/cache/artifacts/{name}"],
        "mops": [f".mops/.build/{name}.wasm"],
    }[tool]
    there = [project / place for place in places if (project / place).is_file()]
    if not there:
        msg = f"it made no {' or '.join(places)}"
        raise SourceError(msg, where=shown, hint="name the built module with --wasm FILE")
    return read_bytes(max(there, key=lambda one: one.stat().st_mtime_ns))


def _by_compiler(project: Path, target: Target) -> tuple[bytes, str, str]:
    """Return a module, what it was built from, and what compiled it."""
    from analyzer.sources.compile import compile_module  # noqa: PLC0415 - see above
    from analyzer.sources.compiler import INSTALL  # noqa: PLC0415
    from analyzer.sources.disk import Disk  # noqa: PLC0415
    from analyzer.sources.program import program_of  # noqa: PLC0415

    made = compile_module(program_of(target, Disk()))
    if made is None:
        msg = f"nothing on this machine builds {target.name}"
        raise SourceError(msg, where=str(project), hint=f"{INSTALL}; or name the built module with --wasm FILE")
    module, compiler = made
    return module, f"moc {target.main}", compiler.origin
