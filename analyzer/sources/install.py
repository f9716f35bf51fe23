"""Bring the npm build of the compiler into ctxcheck's own cache: one version, held by its checksums."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.errors import SourceError
from analyzer.sources.compiler import NPM_VERSION, node, npm_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 300
_PINNED = Path(__file__).parent / "moc"


def install_compiler(environment: Mapping[str, str] = os.environ) -> Path:
    """Install the compiler that the lock file names and return its folder. Raises SourceError.

    No script of a package is run. What is there already stays as it is.
    """
    folder = npm_folder(environment)
    npm = node(environment, "npm")
    if folder is None or npm is None:
        msg = "there is no npm" if npm is None else "this user has no folder for caches"
        raise SourceError(msg, where="npm compiler", hint="`pip install 'ctxcheck[moc]'` brings node and npm")
    if (folder / "node_modules" / "motoko").is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Made beside its place and moved there when it is whole: a run that is killed leaves nothing half.
    partial = folder.parent / f".{NPM_VERSION}.{os.getpid()}"
    partial.mkdir(mode=0o700)
    try:
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(_PINNED / name, partial / name)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(
            command,
            cwd=partial,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
        if done.returncode:
            said = " ".join((done.stderr or done.stdout).split())[:300]
            msg = f"npm says no: {said}"
            raise SourceError(msg, where="npm compiler")
        partial.rename(folder)
    except subprocess.TimeoutExpired:
        msg = f"npm did not end within {SECONDS} s"
        raise SourceError(msg, where="npm compiler") from None
    except OSError as error:
        if not (folder / "node_modules" / "motoko").is_dir():  # another run was first
            raise SourceError(error.strerror or "it cannot be written", where=str(folder)) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder
