"""Which canisters of a repository a change may touch: those of which one file differs that they are made of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import SourceError
from analyzer.sources.compile import parts_of
from analyzer.sources.files import decode
from analyzer.sources.imports import normal
from analyzer.sources.packages import nearest
from analyzer.sources.program import program_of
from analyzer.sources.projects.read import project_above

if TYPE_CHECKING:
    from pathlib import PurePath

    from analyzer.sources.base import Sides
    from analyzer.sources.git import Revision
    from analyzer.sources.imports import Known
    from analyzer.sources.projects.read import Project
    from analyzer.sources.projects.target import Target
    from analyzer.sources.worktree import WorkTree

INTERFACES = (".did", ".most")
# What is generated from interfaces, or is not of this project.
_NOT_OURS = {"node_modules", "declarations", ".mops", ".dfx", ".icp", ".vessel"}
_IMPORT = re.compile(r'\bimport\s+(?:service\s+)?"([^"]+)"')
_PRIVATE = (".ctxcheck", "backups")
_LARGEST = 1 << 60  # bytes: any file


class Texts(NamedTuple):
    """The interface files of a canister that no project file names, on either side, by kind."""

    old: dict[str, PurePath]
    new: dict[str, PurePath]


class Affected(NamedTuple):
    """What a change may touch. old, new: the projects. programs: names of their canisters. texts: other canisters.

    all_texts: names of all other canisters. untouched: how many canisters the change does not touch.
    """

    old: Project | None
    new: Project | None
    programs: list[str]
    texts: dict[str, Texts]
    all_texts: list[str]
    untouched: int


def affected(sides: Sides, deployed: PurePath, *, everything: bool = False) -> Affected:
    """Return what a change may touch. deployed: the folder of what is deployed. everything: all that there is.

    Raises SourceError: there is nothing to check at all.
    """
    old, new = (project_above(files, files.prefix) for files in (sides.base, sides.new))
    names = sorted({*(old.targets if old else ()), *(new.targets if new else ())})
    known: list[Known] = [{}, {}]

    def touched(name: str) -> bool:
        if any(path.stem == name and path.suffix in INTERFACES for path in sides.changed):
            return True
        for project, parts in zip((old, new), known, strict=True):
            target = None if project is None else project.targets.get(name)
            # A canister that one side alone has is a change.
            if project is None or target is None or not sides.changed.isdisjoint(_files(project, target, parts)):
                return True
        return False

    texts = _texts(sides, set(names), deployed)
    if not names and not texts:
        msg = "there is nothing to check: no project file names a Motoko canister, and there is no interface file"
        raise SourceError(msg, where=str(sides.base.top), hint="ctxcheck doctor")
    programs = [name for name in names if everything or touched(name)]
    changed = {
        name: found
        for name, found in texts.items()
        if everything or not sides.changed.isdisjoint(_imported(sides, [*found.old.values(), *found.new.values()]))
    }
    return Affected(old, new, programs, changed, sorted(texts), len(names) + len(texts) - len(programs) - len(changed))


def private(files: Revision | WorkTree) -> list[str]:
    """Return the files that must not be in a repository: backups hold users' data, journals the state of a run."""
    return sorted(
        str(path)
        for path in files.all_files(_LARGEST)
        if path.name != ".gitignore" and not set(_PRIVATE).isdisjoint(path.parts[:-1])
    )


def _files(project: Project, target: Target, known: Known) -> set[PurePath]:
    """Return the files that a canister is made of."""
    files = project.files
    mops = nearest(files, target.folder, "mops.toml")
    found = {*parts_of(program_of(target, files), known).own, target.declared}
    return found | {normal(mops / name) for name in ("mops.toml", "mops.lock")}


def _texts(sides: Sides, canisters: set[str], deployed: PurePath) -> dict[str, Texts]:
    """Return the interface files that stand for no canister of the project. Of one name in two folders: by path."""
    found = [_interface_files(files, deployed) for files in (sides.base, sides.new)]
    folders: dict[str, set[PurePath]] = {}
    for path in (path for paths in found for path in paths):
        folders.setdefault(path.stem, set()).add(path.parent)
    out: dict[str, Texts] = {}
    for side, paths in enumerate(found):
        for path in paths:
            if path.stem not in canisters:
                name = path.stem if len(folders[path.stem]) == 1 else path.with_suffix("").as_posix()
                out.setdefault(name, Texts({}, {}))[side][path.suffix] = path
    return out


def _interface_files(files: Revision | WorkTree, deployed: PurePath) -> list[PurePath]:
    return [
        path
        for path in files.all_files(_LARGEST)
        if path.suffix in INTERFACES and _NOT_OURS.isdisjoint(path.parts) and not path.is_relative_to(deployed)
    ]


def _imported(sides: Sides, paths: list[PurePath]) -> set[PurePath]:
    """Return interface files and the files that they import, on either side."""
    found: set[PurePath] = set()
    todo = list(paths)
    while todo:
        path = todo.pop()
        if path in found:
            continue
        found.add(path)
        for files in (sides.base, sides.new):
            if path.suffix == ".did" and files.is_folder(path) is False:
                text = decode(files.read(path), files.label(path))
                todo += [normal(path.parent / name) for name in _IMPORT.findall(text)]
    return found
