"""Canisters of icp.yaml, and of the canister.yaml files that it names (icp-cli 1.5)."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import yaml

from analyzer.errors import SourceError
from analyzer.sources.files import decode
from analyzer.sources.flags import flags
from analyzer.sources.imports import normal
from analyzer.sources.projects.target import Target
from analyzer.sources.projects.values import path, table, words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePath

    from analyzer.sources.arguments import Files

_CANISTER = "canister.yaml"
MAX_BYTES = 1024 * 1024  # of a project file; reading YAML is slow
_MOTOKO = "@dfinity/motoko"


def targets(files: Files, file: PurePath) -> tuple[list[Target], list[str]]:
    """Return the Motoko canisters, and the names of those whose program mops.toml names. Raises SourceError."""
    found: list[Target] = []
    by_mops: list[str] = []
    for entry, declared in _entries(files, file):
        where = files.label(declared)
        recipe = table(entry.get("recipe"), "recipe", where)
        asked = table(recipe.get("configuration"), "recipe.configuration", where)
        name, main = entry.get("name"), asked.get("main")
        if not isinstance(name, str):
            msg = "a canister has no name"
            raise SourceError(msg, where=where)
        if isinstance(main, str) and main.endswith(".mo"):
            what = f"recipe.configuration of {name}"
            taken = flags(words(asked.get("args"), f"args in {what}", where), where)
            folder = declared.parent
            found.append(Target(name, path(main, f"main in {what}", folder, where), folder, taken, declared))
        elif str(recipe.get("type", "")).partition("@v")[0] == _MOTOKO:
            by_mops.append(name)
    return found, by_mops


def _entries(files: Files, file: PurePath) -> Iterator[tuple[dict[str, Any], PurePath]]:
    """Yield each canister and the file that it is written in."""
    where = files.label(file)
    listed = read_yaml(files, file).get("canisters", [])
    if not isinstance(listed, list):
        msg = "canisters is not a list"
        raise SourceError(msg, where=where)
    for entry in listed:
        if isinstance(entry, str):
            for named in _named(files, file.parent, entry):
                yield read_yaml(files, named), named
        else:
            yield table(entry, "a canister", where), file


def _named(files: Files, folder: PurePath, pattern: str) -> list[PurePath]:
    """Return the canister.yaml files that a path or a pattern names: each of its parts may have `*`."""
    places = [folder]
    parts = normal(type(folder)(pattern)).parts
    if parts and parts[-1] == _CANISTER:
        parts = parts[:-1]
    for part in parts:
        if "*" not in part:
            places = [normal(place / part) for place in places]
        else:
            places = [inner for place in places for inner in files.folders(place) if fnmatchcase(inner.name, part)]
    found = [place / _CANISTER for place in places if files.is_folder(place / _CANISTER) is False]
    if not found and "*" not in pattern:
        msg = f"there is no {_CANISTER} in {pattern}"
        raise SourceError(msg, where=files.label(folder / "icp.yaml"))
    return found


def read_yaml(files: Files, file: PurePath) -> dict[str, Any]:
    """Return a project file of icp-cli. Raises SourceError: it cannot be read, or is no table."""
    where = files.label(file)
    data = files.read(file)
    if len(data) > MAX_BYTES:
        msg = f"{len(data):,} bytes are too many for a project file (at most {MAX_BYTES:,})"
        raise SourceError(msg, where=where)
    try:
        return table(yaml.safe_load(decode(data, where)), "the file", where)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = where if mark is None else f"{where}:{mark.line + 1}:{mark.column + 1}"
        msg = f"this is not YAML: {error.problem}"
        raise SourceError(msg, where=place) from None
    except (yaml.YAMLError, ValueError):
        msg = "this is not YAML"
        raise SourceError(msg, where=where) from None
    except RecursionError:
        msg = "this is nested too deeply"
        raise SourceError(msg, where=where) from None
