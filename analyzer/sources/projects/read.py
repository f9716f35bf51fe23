"""A project: all its Motoko canisters, whichever of its files name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import SourceError
from analyzer.sources.packages import upward
from analyzer.sources.projects import PROJECT_FILES, dfx, mops

if TYPE_CHECKING:
    from pathlib import PurePath

    from analyzer.sources.arguments import Files
    from analyzer.sources.projects.target import Target


class Project(NamedTuple):
    """A project's canisters by their names. folder: where its files are."""

    files: Files
    folder: PurePath
    targets: dict[str, Target]


def project_above(files: Files, folder: PurePath) -> Project | None:
    """Return the project that a folder is in: the nearest upward that has a Motoko canister. Raises SourceError."""
    for place in upward(files, folder):
        project = project_in(files, place)
        if project is not None:
            return project
    return None


def project_in(files: Files, folder: PurePath) -> Project | None:
    """Return the project whose files are in a folder; None where they name no Motoko canister. Raises SourceError.

    A canister that two of them name is one. Where they differ on its program, they contradict each other.
    """
    there = [name for name in PROJECT_FILES if files.is_folder(folder / name) is False]
    found: dict[str, Target] = {}
    by_mops: list[str] = []
    for name in there:
        listed: list[Target]
        if name == "dfx.json":
            listed = dfx.targets(files, folder / name)
        elif name == "mops.toml":
            listed = mops.targets(files, folder / name)
        else:
            from analyzer.sources.projects import icp  # noqa: PLC0415 - YAML takes time to load

            listed, by_mops = icp.targets(files, folder / name)
        for target in listed:
            known = found.setdefault(target.name, target)
            if known.main != target.main:
                one, other = (f"{t.main} in {files.label(t.declared)}" for t in (known, target))
                msg = f"canister {target.name} has two programs: {one}, {other}"
                raise SourceError(msg, where=files.label(folder))
    lost = [name for name in by_mops if name not in found]
    if lost:
        msg = f"the recipe of {', '.join(lost)} leaves the program to mops.toml, which has none of that name"
        raise SourceError(msg, where=files.label(folder / "icp.yaml"))
    return Project(files, folder, found) if found else None
