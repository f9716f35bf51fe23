"""The Motoko packages of a project: those that mops installed, in the versions that the project asks for."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import tomllib
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import SourceError
from analyzer.sources.files import decode
from analyzer.sources.imports import normal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.sources.arguments import Files

SECONDS = 60  # for a command that names packages
_PACKAGE = ("--package", "NAME", "PATH")
INSTALLED = ".mops"  # below the project's folder on the disk
_GITHUB = re.compile(r"https?://github\.com/[^/#\s]+/([^/#@\s]+?)(?:\.git)?(?:#([^@\s]+))?(?:@(\w+))?", re.ASCII)
_VERSION = re.compile(r"\d+")


class Packages(NamedTuple):
    """The folder of each package by its name.

    installed: on the disk. own: among the project's own files, of the revision that is read. missing: what is asked for
    and not installed, e.g. `core 2.0.0`.
    """

    installed: dict[str, Path]
    own: dict[str, PurePath]
    missing: list[str]


def packages(files: Files, folder: PurePath) -> Packages:
    """Return the packages that the project in a folder asks for; they are installed beside it on the disk.

    mops.lock has all of them with their versions; without one mops.toml has the direct ones, and of what those need in
    turn the highest installed version is taken, as mops does. Raises SourceError: a file that cannot be read.
    """
    asked = asked_for(files, folder)
    locked = _locked(files, folder)
    disk = files.disk(folder)
    installed = _installed(disk / INSTALLED)
    found = Packages({}, {}, [])
    for name, version in {**asked, **(locked or {})}.items():
        if version.startswith((".", "/")) or ("/" in version and "://" not in version):
            path = normal(folder / version)
            source = path / "src"
            found.own[name] = source if files.is_folder(source) else path
            continue
        place = _place(name, version, disk, installed, exact=locked is not None or files.kind != "file")
        if place is None:
            found.missing.append(f"{name} {version}")
        else:
            found.installed[name] = place
    for name, versions in installed.items():
        if name not in asked and name not in (locked or {}):  # what the packages need in turn
            found.installed.setdefault(name, versions[max(versions, key=_order)])
    return found


def named_by(command: str, folder: Path) -> Packages:
    """Return the packages that a project's own command prints, as `--package NAME PATH`. Raises SourceError."""
    where = f"`{command}`"
    try:
        asked = shlex.split(command)
        done = subprocess.run(
            asked,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
        words = shlex.split(done.stdout)
    except (ValueError, IndexError):
        msg = "this cannot be read as a command and its answer"
        raise SourceError(msg, where=where) from None
    except OSError as error:
        msg = f"it cannot be run: {error.strerror}"
        raise SourceError(msg, where=where) from None
    except subprocess.TimeoutExpired:
        msg = f"it did not end within {SECONDS} s"
        raise SourceError(msg, where=where) from None
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[:300]
        msg = f"it ended with status {done.returncode}: {said}"
        raise SourceError(msg, where=where)
    found = Packages({}, {}, [])
    while len(words) >= len(_PACKAGE) and words[0] == _PACKAGE[0]:
        found.installed[words[1]] = Path(os.path.normpath(folder / words[2]))
        del words[: len(_PACKAGE)]
    return found


def nearest(files: Files, folder: PurePath, *names: str) -> PurePath:
    """Return the nearest folder upward that has one of some files; the folder itself where none has."""
    for place in upward(files, folder):
        if any(files.is_folder(place / name) is False for name in names):
            return place
    return folder


def upward(files: Files, folder: PurePath) -> Iterator[PurePath]:
    """Yield a folder and those around it, up to the repository's own."""
    if files.top is not None:
        yield folder
        yield from folder.parents
        return
    whole = Path(folder).absolute()
    for place in (whole, *whole.parents):
        # As the user would write it: from the working folder, where that is shorter.
        yield PurePath(os.path.relpath(place)) if not folder.is_absolute() else place
        if (place / ".git").exists():
            return


def asked_for(files: Files, folder: PurePath) -> dict[str, str]:
    """Return the direct dependencies of mops.toml: version, path or address of each by its name."""
    table = toml(files, folder / "mops.toml") or {}
    found: dict[str, str] = {}
    for section in ("dependencies", "dev-dependencies"):
        entries = table.get(section)
        if isinstance(entries, dict):
            found |= {name: value for name, value in entries.items() if isinstance(value, str)}
    return found


def toml(files: Files, path: PurePath) -> dict[str, object] | None:
    """Return a TOML file as values; None where there is none. Raises SourceError."""
    if files.is_folder(path) is not False:
        return None
    try:
        return tomllib.loads(decode(files.read(path), files.label(path)))
    except tomllib.TOMLDecodeError as error:
        msg = f"this is not TOML: {error}"
        raise SourceError(msg, where=files.label(path)) from None
    except RecursionError:
        msg = "this is nested too deeply"
        raise SourceError(msg, where=files.label(path)) from None


def _locked(files: Files, folder: PurePath) -> dict[str, str] | None:
    path = folder / "mops.lock"
    if files.is_folder(path) is not False:
        return None
    try:
        found = json.loads(decode(files.read(path), files.label(path)))
        deps = found["deps"]
        return {str(name): str(version) for name, version in deps.items()}
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        msg = "this is not a lock file of mops, of version 2 or later"
        raise SourceError(msg, where=files.label(path), hint="write it again: `mops install --lock update`") from None


def _installed(folder: Path) -> dict[str, dict[str, Path]]:
    """Return the folders of each package of the registry, by name and version."""
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.glob("*@*")):
        name, _, version = path.name.rpartition("@")
        if (path / "src").is_dir():
            found.setdefault(name, {})[version] = path / "src"
    return found


def _place(name: str, version: str, disk: Path, installed: dict[str, dict[str, Path]], *, exact: bool) -> Path | None:
    """Return the folder of one package. exact: only in this version, never in a later one."""
    github = _GITHUB.fullmatch(version)
    if github is not None:
        repository, branch, commit = github.groups()
        parts = [f"{repository}#{branch}" if branch else repository]
        parts += [f"{parts[0]}@{commit}"] if commit else []
        places = [disk / INSTALLED / "_github" / part.replace("/", "___") for part in (parts[-1], parts[0])]
        return next((place / "src" for place in places if (place / "src").is_dir()), None)
    # A name may carry the version that it stands for: `base@0.7.3`.
    versions = installed.get(name) or installed.get(name.partition("@")[0], {})
    if version in versions:
        return versions[version]
    later = [other for other in versions if _order(other) > _order(version)]
    return versions[max(later, key=_order)] if later and not exact else None


def _order(version: str) -> list[int]:
    return [int(number) for number in _VERSION.findall(version)]
