"""What two arguments name -> interfaces: files of one kind, or folders whose files are paired by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.candid.imports import parse_file
from analyzer.errors import ParseError, SourceError, UsageError
from analyzer.interface import Interface, Provenance, Versions
from analyzer.model import Surface
from analyzer.sources.arguments import Named, named, two
from analyzer.sources.files import decode
from analyzer.sources.projects import PROJECT_FILES
from grammars.digest import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePath

    from analyzer.candid.types import CandidInterface
    from analyzer.motoko.types import StableSignature
    from analyzer.sources.arguments import Files
    from analyzer.sources.cache import Cache

CANDID, STABLE, WASM, SOURCE = ".did", ".most", ".wasm", ".mo"
SURFACES = {CANDID: Surface.CANDID, STABLE: Surface.STABLE}
_BOTH = (WASM, SOURCE)  # what shows both surfaces
_NAMED = f"{CANDID}, {STABLE}, {WASM} or {SOURCE}"


def read_versions(old: str, new: str | None = None, cache: Cache | None = None, *, run: bool = False) -> list[Versions]:
    """Read what two arguments name: two files, or two folders or projects. cache: of what was read before.

    new: None for the working files of a revision. run: whether commands that a project names may be run. Raises
    UsageError (the two do not go together), SourceError, ParseError (with `side`).
    """
    before, after = two(old, new)
    if _has_many(before) != _has_many(after):
        folder, file = (before, after) if _has_many(before) else (after, before)
        msg = f"{folder.text} is a {'folder' if folder.is_folder else 'project'} and {file.text} is not"
        raise UsageError(msg, hint="compare two files, or two folders or projects")
    if _has_many(before):
        return list(_folders(before, after, cache, run=run))
    kinds = _kind(before), _kind(after)
    known = {kind for kind in kinds if kind is not None}
    if not known or (len(known) > 1 and not known.intersection(_BOTH)):
        what = f"{before.text} and {after.text} are of different kinds"
        if not known:
            what = f"neither {before.text} nor {after.text} ends in {_NAMED}"
        raise UsageError(what, hint="compare two .did files, two .most files, modules, programs, or two folders")
    # A module and a program show both surfaces; where the other side is a text, that surface alone is asked for.
    surfaces = {SURFACES[kind] for kind in known if kind in SURFACES} or set(Surface)
    name = _stem(after) if kinds[1] is not None else _stem(before)
    sides: list[Interface] = []
    for side, one, kind in (("old", before, kinds[0]), ("new", after, kinds[1])):
        files = {kind or next(iter(known)): one.path}
        sides.append(_one(side, name, one.files, files, surfaces, cache, run=run))
    # A program that a project names is called as the project calls it.
    name = next((side.name for side in reversed(sides) if side.name != name), name)
    return [Versions(name, sides[0], sides[1])]


def read_version(argument: str, cache: Cache | None = None, *, run: bool = False) -> tuple[Interface, set[Surface]]:
    """Read what one argument names, a file, and return its interface and which surfaces such a file has.

    Raises UsageError: it is a folder or a project. SourceError, ParseError.
    """
    found = named(argument)
    kind = _kind(found)
    if _has_many(found) or kind is None:
        msg = f"{argument} is no single {_NAMED}"
        raise UsageError(msg, hint="name the file of the one canister that is compared")
    surfaces = {SURFACES[kind]} if kind in SURFACES else set(Surface)
    return _one("new", _stem(found), found.files, {kind: found.path}, surfaces, cache, run=run), surfaces


def _has_many(one: Named) -> bool:
    """Tell whether an argument stands for all canisters of a folder or a project."""
    return one.is_folder or one.path.name in PROJECT_FILES


def _kind(one: Named) -> str | None:
    """Return how a file's name ends, of those that are read; a module is known by its first bytes too."""
    name = one.path.name
    if name.endswith((WASM, ".wasm.gz")):
        return WASM
    suffix = one.path.suffix
    if suffix in SURFACES or suffix == SOURCE:
        return suffix
    if one.files.kind == "stdin" or suffix == ".gz":
        from analyzer.sources.wasm import is_module  # noqa: PLC0415 - most compare texts

        return WASM if is_module(one.files.read(one.path)) else None
    return None


def _stem(one: Named) -> str:
    name = one.path.name
    for suffix in (".wasm.gz", *SURFACES, *_BOTH):
        name = name.removesuffix(suffix)
    return name


def _folders(old: Named, new: Named, cache: Cache | None, *, run: bool) -> Iterator[Versions]:
    olds, news = (interfaces(side, folder, cache, run=run) for side, folder in (("old", old), ("new", new)))
    for name in sorted(olds.keys() | news.keys()):
        yield Versions(name, olds.get(name), news.get(name))


def interfaces(side: str, one: Named, cache: Cache | None, *, run: bool = False) -> dict[str, Interface]:
    """Return the interfaces of a project, else those of the files in a folder, by name. side: for errors.

    A revision alone stands for the project around the working folder. Raises SourceError, ParseError.
    """
    folder = one.path if one.is_folder else one.path.parent
    if one.everything or any(one.files.is_folder(folder / name) is False for name in PROJECT_FILES):
        from analyzer.sources.projects.interfaces import Wanted, project_interfaces  # noqa: PLC0415 - most compare files
        from analyzer.sources.projects.read import project_above, project_in  # noqa: PLC0415

        project = (project_above if one.everything else project_in)(one.files, folder)
        if project is not None:
            (found,) = project_interfaces([Wanted(project, project.targets, side, run)], cache)
            return found
    if one.is_folder and _listed(one):
        return _of_folder(side, one, cache)
    msg = "there is no *.did, *.most or *.wasm in this folder, and no project file that names a Motoko canister"
    raise SourceError(msg, where=one.text)


def _of_folder(side: str, folder: Named, cache: Cache | None) -> dict[str, Interface]:
    """Return the interfaces of a folder by name. A file of types alone, which another one imports, is none."""
    found: dict[str, Interface] = {}
    types_alone: dict[str, ParseError] = {}
    for name, paths in _listed(folder).items():
        try:
            found[name] = _one(side, name, folder.files, paths, set(Surface), cache)
        except ParseError as error:
            if error.code != "no-service" or len(paths) > 1:
                raise
            types_alone[folder.files.label(paths[CANDID])] = error
    read = {label for one in found.values() if one.candid is not None for label in one.candid.sources.labels}
    for label, no_service in types_alone.items():
        if label not in read:
            raise no_service
    return found


def _listed(folder: Named) -> dict[str, dict[str, PurePath]]:
    """Return the interface files of a folder by name and kind; a module counts where a text is missing."""
    found: dict[str, dict[str, PurePath]] = {}
    modules: dict[str, PurePath] = {}
    for path in folder.files.listed(folder.path):
        one = Named(folder.files, path, path.name)
        if path.suffix in SURFACES:
            found.setdefault(_stem(one), {})[path.suffix] = path
        elif path.name.endswith((WASM, ".wasm.gz")):
            modules[_stem(one)] = path
    for name, path in modules.items():
        if len(found.get(name, {})) < len(SURFACES):
            found.setdefault(name, {})[WASM] = path
    return found


def interface_of_named(side: str, one: Named, cache: Cache | None) -> Interface:
    """Return the interface that one file shows. side: for errors. Raises UsageError, SourceError, ParseError."""
    kind = _kind(one)
    if kind is None:
        msg = f"{one.text} does not end in {_NAMED}"
        raise UsageError(msg)
    return _one(side, _stem(one), one.files, {kind: one.path}, set(Surface), cache)


def interface_of_files(
    side: str, name: str, files: Files, paths: dict[str, PurePath], cache: Cache | None
) -> Interface:
    """Return the interface that files show. paths: by kind. side: for errors. Raises SourceError, ParseError."""
    return _one(side, name, files, paths, set(Surface), cache)


def _one(
    side: str,
    name: str,
    files: Files,
    paths: dict[str, PurePath],
    surfaces: set[Surface],
    cache: Cache | None,
    *,
    run: bool = False,
) -> Interface:
    interface = Interface(name)
    try:
        for kind, path in paths.items():
            if kind == SOURCE:
                from analyzer.sources.program import program_at, read_program  # noqa: PLC0415 - most compare texts

                canister, program = program_at(files, path, run=run)
                interface.name = canister or name
                read_program(interface, program, surfaces, cache)
                continue
            data = files.read(path)
            if kind == WASM:
                from analyzer.sources.module import read_interface  # noqa: PLC0415 - most compare texts

                read_interface(interface, data, files.label(path), surfaces)
                continue
            text = decode(data, files.label(path))
            if kind == CANDID:
                interface.candid = _candid(files, path, text, cache)
            else:
                interface.stable = _stable(text, files.label(path), cache)
            interface.provenance[SURFACES[kind]] = Provenance(files.kind, files.label(path), sha256(data).hexdigest())
    except ParseError as error:
        error.side = side
        raise
    return interface


def _candid(files: Files, path: PurePath, text: str, cache: Cache | None) -> CandidInterface:
    def read(wanted: PurePath) -> str:
        # A pipe cannot be read again.
        return text if wanted == path else decode(files.read(wanted), files.label(wanted))

    if cache is not None and files.kind == "file":
        return cache.candid(path, read, parse_file)
    return parse_file(path, read, files.label)


def _stable(text: str, label: str, cache: Cache | None) -> StableSignature:
    from analyzer.motoko.parse import parse_stable  # noqa: PLC0415 - a Candid diff does without it

    return parse_stable(text, label) if cache is None else cache.stable(text, label, parse_stable)
