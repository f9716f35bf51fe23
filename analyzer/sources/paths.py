"""What two arguments name -> interfaces: files of one kind, or folders whose files are paired by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.candid.imports import parse_file
from analyzer.errors import ParseError, SourceError, UsageError
from analyzer.interface import Interface, Provenance, Versions
from analyzer.model import Surface
from analyzer.sources.arguments import Named, two
from analyzer.sources.files import decode
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


def read_versions(old: str, new: str | None = None, cache: Cache | None = None) -> list[Versions]:
    """Read what two arguments name: two files, or two folders. cache: of what was read before.

    new: None for the working files of a revision. Raises UsageError (the two do not go together), SourceError,
    ParseError (with `side`).
    """
    before, after = two(old, new)
    if before.is_folder != after.is_folder:
        folder, file = (before, after) if before.is_folder else (after, before)
        msg = f"{folder.text} is a folder and {file.text} is not"
        raise UsageError(msg, hint="compare two files or two folders")
    if before.is_folder:
        return list(_folders(before, after, cache))
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
    sides = []
    for side, one, kind in (("old", before, kinds[0]), ("new", after, kinds[1])):
        files = {kind or next(iter(known)): one.path}
        sides.append(_one(side, name, one.files, files, surfaces, cache))
    return [Versions(name, *sides)]


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


def _folders(old: Named, new: Named, cache: Cache | None) -> Iterator[Versions]:
    olds, news = (_interfaces(side, folder, cache) for side, folder in (("old", old), ("new", new)))
    for name in sorted(olds.keys() | news.keys()):
        yield Versions(name, olds.get(name), news.get(name))


def _interfaces(side: str, folder: Named, cache: Cache | None) -> dict[str, Interface]:
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
    if not found:
        msg = "there is no *.did, no *.most and no *.wasm in this folder"
        raise SourceError(msg, where=folder.text)
    return found


def _one(
    side: str, name: str, files: Files, paths: dict[str, PurePath], surfaces: set[Surface], cache: Cache | None
) -> Interface:
    interface = Interface(name)
    try:
        for kind, path in paths.items():
            if kind == SOURCE:
                from analyzer.sources.program import read_program  # noqa: PLC0415 - most compare texts

                read_program(interface, files, path, surfaces)
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
