"""The canisters that `ctxcheck check` compares: with what they were, and with what is deployed where that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.errors import ParseError, UsageError
from analyzer.interface import Versions
from analyzer.model import Surface
from analyzer.sources.affected import INTERFACES
from analyzer.sources.paths import CANDID, interface_of_files
from analyzer.sources.projects.interfaces import Wanted, project_interfaces

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import PurePath

    from analyzer.interface import Interface
    from analyzer.sources.affected import Affected
    from analyzer.sources.arguments import Files
    from analyzer.sources.base import Sides
    from analyzer.sources.cache import Cache


def checked(
    sides: Sides, found: Affected, deployed: PurePath, only: Collection[str], cache: Cache | None, *, run: bool = False
) -> list[Versions]:
    """Return the versions to compare, by name. deployed: the folder of what is deployed. only: canisters, if any.

    run: whether commands that the project names may be run. Raises UsageError: a canister that is none. SourceError,
    ParseError.
    """
    known = {*(found.old.targets if found.old else ()), *(found.new.targets if found.new else ()), *found.texts}
    for name in only:
        if name not in known and name not in found.programs:
            msg = f"there is no canister {name!r} here"
            raise UsageError(msg, hint=f"known: {', '.join(sorted(known)) or 'none that changed'}")
    names = [name for name in found.programs if not only or name in only]
    wanted = [Wanted(found.old, names, "old")] if found.old else []
    wanted += [Wanted(found.new, names, "new", run)] if found.new else []
    interfaces = dict(zip([one.side for one in wanted], project_interfaces(wanted, cache), strict=True))
    olds, news = interfaces.get("old", {}), interfaces.get("new", {})
    for name, texts in found.texts.items():
        if only and name not in only:
            continue
        for side, files, paths, into in (
            ("old", sides.base, texts.old, olds), ("new", sides.new, texts.new, news),
        ):  # fmt: skip
            interface = _of_texts(side, name, files, paths, cache)
            if interface is not None:
                into[name] = interface
    return [
        versions
        for name in sorted(olds.keys() | news.keys())
        for versions in _against(sides, name, olds.get(name), news.get(name), deployed, cache)
    ]


def _of_texts(side: str, name: str, files: Files, paths: dict[str, PurePath], cache: Cache | None) -> Interface | None:
    """Return the interface of text files; None where there is none: nothing, or types alone for others to import."""
    try:
        return interface_of_files(side, name, files, paths, cache) if paths else None
    except ParseError as error:
        if error.code == "no-service" and set(paths) == {CANDID}:
            return None
        raise


def _against(
    sides: Sides, name: str, old: Interface | None, new: Interface | None, deployed: PurePath, cache: Cache | None
) -> Iterator[Versions]:
    """Yield a canister against what it was, and against what is deployed where that is something else."""
    files = {kind: deployed / f"{name}{kind}" for kind in INTERFACES}
    there = {kind: path for kind, path in files.items() if sides.new.is_folder(path) is False}
    if not there or new is None:
        yield Versions(name, old, new, sides.against)
        return
    live = interface_of_files("old", name, sides.new, there, cache)
    surfaces = tuple(surface for surface in Surface if surface in live.provenance)
    label = " and ".join(sides.new.label(path) for path in there.values())
    if old is not None and all(
        surface in old.provenance and old.provenance[surface].sha256 == live.provenance[surface].sha256
        for surface in surfaces
    ):
        yield Versions(name, old, new, f"{sides.against} and {label}")
        return
    yield Versions(name, old, new, sides.against)
    yield Versions(name, live, new, label, surfaces)
