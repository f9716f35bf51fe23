"""The sources of a project, looked at by all lints: programs, migrations, project files, scripts."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import SourceError
from analyzer.lint.chain import added_again
from analyzer.lint.code import Actor
from analyzer.lint.hooks import hooks
from analyzer.lint.libraries import Bump, libraries
from analyzer.lint.persistence import persistence
from analyzer.lint.scripts import scripts
from analyzer.lint.timers import timers
from analyzer.lint.variables import variables
from analyzer.motoko.source.parse import parse_source
from analyzer.sources.compile import Program
from analyzer.sources.files import decode
from analyzer.sources.imports import closure, normal
from analyzer.sources.packages import asked_for, nearest
from analyzer.sources.program import program_of
from analyzer.sources.projects.read import project_above, project_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import PurePath

    from analyzer.lint.finding import Found
    from analyzer.motoko.source.declarations import SourceFile
    from analyzer.sources.arguments import Files, Named
    from analyzer.sources.projects.read import Project

PROJECT = "scripts"  # what reports call the part that is of no canister
MAX_SCRIPTS = 5_000
_LEVELS = 6  # folders in folders that scripts are looked for in
_NOT_OURS = {"node_modules", ".mops", ".dfx", ".icp", ".vessel", ".git", ".venv", "backups", ".ctxcheck"}
_SCRIPTS = {"Makefile", "makefile", "GNUmakefile", "justfile", "Justfile", "package.json", ".gitlab-ci.yml"}
_SUFFIXES = {".sh", ".bash", ".zsh", ".mk", ".yml", ".yaml"}


class Linted(NamedTuple):
    """What was found in one canister, or in the scripts. main: its first file, None of the scripts."""

    name: str
    main: PurePath | None
    found: list[Found]


class _Canister(NamedTuple):
    program: Program
    declared: PurePath | None


def linted(place: Named, base: Named | None) -> list[Linted]:
    """Look at a project, a folder or a program. base: the same as it was, None: there is nothing to compare with.

    Raises SourceError: there is no program; ParseError: it is none.
    """
    files = place.files
    folder = place.path if place.is_folder else place.path.parent
    canisters = dict(_canisters(place, _project(place, folder)))
    before = (
        {}
        if base is None
        else dict(_canisters(base, _project(base, base.path if base.is_folder else base.path.parent)))
    )
    results = []
    for name, one in sorted(canisters.items()):
        found = list(_of_canister(one, before.get(name), base))
        results.append(Linted(name, one.program.main, found))
    if place.is_folder:
        wiped: list[Found] = []
        for path in _scripts(files, folder):
            wiped += scripts(_text(files, path), files.label(path), path.relative_to(folder).as_posix())
        if wiped or not results:
            results.append(Linted(PROJECT, None, wiped))
    if not canisters and not any(one.found for one in results) and not place.is_folder:
        msg = "there is no actor in this file"
        raise SourceError(msg, where=place.text)
    return results


def _project(place: Named, folder: PurePath) -> Project | None:
    return (project_above if place.everything or not place.is_folder else project_in)(place.files, folder)


def _canisters(place: Named, project: Project | None) -> Iterator[tuple[str, _Canister]]:
    files = place.files
    if project is not None:
        for name, target in project.targets.items():
            if place.is_folder or normal(target.main) == normal(place.path):
                yield name, _Canister(program_of(target, files), target.declared)
        if place.is_folder:
            return
    folder = place.path if place.is_folder else place.path.parent
    known = set() if project is None else {normal(target.main) for target in project.targets.values()}
    for path in files.listed(folder) if place.is_folder else [place.path]:
        if path.suffix == ".mo" and normal(path) not in known:
            unit = _source(files, path).unit
            if unit is not None and unit.kind == "actor":
                yield path.stem, _Canister(Program(files, path, folder), None)


def _of_canister(one: _Canister, before: _Canister | None, base: Named | None) -> Iterator[Found]:
    program = one.program
    files = program.files
    file = _source(files, program.main)
    unit = file.unit
    if unit is not None and unit.kind == "actor":
        actor = Actor(file)
        yield from hooks(actor)
        yield from timers(actor)
        yield from variables(actor)
        if base is not None:
            yield from libraries(actor, _bumps(program, base), _brought(program))
    if program.flags.migrations is not None:
        folder = program.folder / program.flags.migrations
        listed = files.listed(folder) if files.is_folder(folder) else []
        yield from added_again({path.stem: _source(files, path) for path in listed if path.suffix == ".mo"})
    if one.declared is not None:
        was = None if before is None else before.program.flags.persistence
        text = _text(files, one.declared)
        yield from persistence(program.flags.persistence, was, text, files.label(one.declared), one.declared.name)


def _bumps(program: Program, base: Named) -> dict[str, Bump]:
    """Return the packages of which the project asks for another version than before."""
    place = base.path if base.is_folder else base.path.parent
    now = asked_for(program.files, nearest(program.files, program.folder, "mops.toml"))
    was = asked_for(base.files, nearest(base.files, place, "mops.toml"))
    return {name: Bump(was[name], version) for name, version in now.items() if name in was and was[name] != version}


def _brought(program: Program) -> Callable[[str], set[str]]:
    """Return what tells the packages behind an import of the main file: its own, and those of what it imports."""
    own = closure(program.files, program.main, {}, {}).own

    @cache
    def of_file(path: PurePath) -> frozenset[str]:
        found: set[str] = set()
        seen: set[PurePath] = set()
        todo = [path]
        while todo:
            at = todo.pop()
            if at in seen or at not in own:
                continue
            seen.add(at)
            for text in own[at].imports:
                if text.startswith("mo:"):
                    found.add(_package(text))
                else:
                    todo += _modules(at, text)
        return frozenset(found)

    def brought(text: str) -> set[str]:
        if text.startswith("mo:"):
            return {_package(text)}
        return {name for path in _modules(normal(program.main), text) for name in of_file(path)}

    return brought


def _package(text: str) -> str:
    return text.removeprefix("mo:").partition("/")[0]


def _modules(at: PurePath, text: str) -> list[PurePath]:
    path = normal(at.parent / text)
    return [path] if path.suffix == ".mo" else [path.with_name(f"{path.name}.mo"), path / "lib.mo"]


def _scripts(files: Files, folder: PurePath) -> Iterator[PurePath]:
    todo = [(folder, 0)]
    count = 0
    while todo:
        at, level = todo.pop()
        for path in files.listed(at):
            if path.name in _SCRIPTS or path.suffix in _SUFFIXES:
                count += 1
                if count > MAX_SCRIPTS:
                    return
                yield path
        if level < _LEVELS:
            todo += [(inner, level + 1) for inner in files.folders(at) if inner.name not in _NOT_OURS]


def _source(files: Files, path: PurePath) -> SourceFile:
    return parse_source(_text(files, path), files.label(path))


def _text(files: Files, path: PurePath) -> str:
    return decode(files.read(path), files.label(path))
