"""Paths on the command line -> interfaces: a file, or a folder of files paired by stem."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.candid.imports import parse_file
from analyzer.errors import ParseError, SourceError, UsageError
from analyzer.interface import Interface, Provenance, Versions
from analyzer.model import Surface
from analyzer.sources.files import decode, read_bytes, read_text
from grammars.digest import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePath

    from analyzer.candid.types import CandidInterface
    from analyzer.motoko.types import StableSignature
    from analyzer.sources.cache import Cache

KINDS = {".did": Surface.CANDID, ".most": Surface.STABLE}
_RESERVED = ("ic:", "canister:", "git:")


def read_versions(old: str, new: str, cache: Cache | None = None) -> list[Versions]:
    """Read what two arguments name: two files of one kind, or two folders. cache: of what was read before.

    Raises UsageError (the two do not go together), SourceError, ParseError (with `side`).
    """
    old_path, new_path = _path(old), _path(new)
    if old_path.is_dir() != new_path.is_dir():
        folder, file = (old, new) if old_path.is_dir() else (new, old)
        msg = f"{folder} is a folder and {file} is not"
        raise UsageError(msg, hint="compare two files or two folders")
    if old_path.is_dir():
        return list(_folders(old_path, new_path, cache))
    kinds = {path: KINDS.get(path.suffix) for path in (old_path, new_path)}
    known = {kind for kind in kinds.values() if kind is not None}
    if len(known) != 1:
        suffixes = " or ".join(KINDS)
        what = f"{old} and {new} are of different kinds" if known else f"neither {old} nor {new} ends in {suffixes}"
        raise UsageError(what, hint="compare two .did files, two .most files, or two folders with both")
    (surface,) = known
    name = new_path.stem if new_path.suffix in KINDS else old_path.stem
    sides = (_one(side, name, {surface: path}, cache) for side, path in (("old", old_path), ("new", new_path)))
    return [Versions(name, *sides)]


def _path(argument: str) -> Path:
    if argument.startswith("file:"):
        argument = argument.removeprefix("file:")
    elif argument.startswith(_RESERVED):
        prefix = argument.partition(":")[0]
        msg = f'"{prefix}:" is not read by this version'
        raise UsageError(msg, hint="name a file or a folder; `file:` before a name that looks like something else")
    if "\0" in argument:
        msg = "this is not a path"
        raise SourceError(msg, where=argument.replace("\0", "\\0"))
    path = Path(argument)
    if not path.exists():
        msg = "there is no such file or folder"
        raise SourceError(msg, where=argument)
    return path


def _folders(old: Path, new: Path, cache: Cache | None) -> Iterator[Versions]:
    olds, news = _listed(old), _listed(new)
    for name in sorted(olds.keys() | news.keys()):
        yield Versions(
            name,
            _one("old", name, olds[name], cache) if name in olds else None,
            _one("new", name, news[name], cache) if name in news else None,
        )


def _listed(folder: Path) -> dict[str, dict[Surface, Path]]:
    """Return the interface files of a folder by stem and kind."""
    found: dict[str, dict[Surface, Path]] = {}
    for path in sorted(folder.iterdir()):
        kind = KINDS.get(path.suffix)
        if kind is not None and path.is_file():
            found.setdefault(path.stem, {})[kind] = path
    if not found:
        msg = "there is no *.did and no *.most in this folder"
        raise SourceError(msg, where=str(folder))
    return found


def _one(side: str, name: str, files: dict[Surface, Path], cache: Cache | None) -> Interface:
    interface = Interface(name)
    try:
        for surface, path in files.items():
            data = read_bytes(path)
            text = decode(data, str(path))
            if surface == Surface.CANDID:
                interface.candid = _candid(path, text, cache)
            else:
                interface.stable = _stable(text, str(path), cache)
            interface.provenance[surface] = Provenance("file", str(path), sha256(data).hexdigest())
    except ParseError as error:
        error.side = side
        raise
    return interface


def _candid(path: Path, text: str, cache: Cache | None) -> CandidInterface:
    def read(wanted: PurePath) -> str:
        return text if wanted == path else read_text(wanted)  # a pipe cannot be read again

    return parse_file(path, read) if cache is None else cache.candid(path, read, parse_file)


def _stable(text: str, label: str, cache: Cache | None) -> StableSignature:
    from analyzer.motoko.parse import parse_stable  # noqa: PLC0415 - a Candid diff does without it

    return parse_stable(text, label) if cache is None else cache.stable(text, label, parse_stable)
