"""The files that a Motoko program is made of: what it imports, and what that imports."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import SourceError
from analyzer.sources.disk import Disk
from analyzer.sources.files import decode
from grammars.digest import sha256

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analyzer.sources.arguments import Files

MAX_FILES = 20_000  # of one program
# What can hide or hold an `import`: comments (block comments nest), text and characters, and the word itself.
_COMMENT = re.compile(r"/\*|\*/")
_TOKEN = re.compile(r"""//[^\n]*|/\*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.[^']*)'|\bimport\b""", re.DOTALL)
_FILE = "blob:file:"  # bytes of a file as a value
_PACKAGE = "mo:"


class Part(NamedTuple):
    """One file of a program. imports: as the file writes them, e.g. `./Types`, `mo:core/Map`."""

    data: bytes
    sha256: str
    imports: tuple[str, ...]


# Files that were read before, of one revision and of the disk: by `file` or nothing, and path.
Known = dict[tuple[str, PurePath], Part]


class Closure(NamedTuple):
    """All files of a program. own: by their path among the program's files. packages: by their path on the disk."""

    own: dict[PurePath, Part]
    packages: dict[PurePath, Part]


def closure(
    files: Files,
    main: PurePath,
    installed: Mapping[str, Path],
    own: Mapping[str, PurePath],
    known: Known | None = None,
) -> Closure:
    """Return the files that a program is made of. known: what was read before.

    installed: the folder of each package on the disk. own: of those among the program's own files.

    What is imported and not there is left to the compiler to complain of. Raises SourceError: a file that cannot be
    read, or more than MAX_FILES.
    """
    known = {} if known is None else known
    found = Closure({}, {})
    disk = Disk()
    todo: list[tuple[Files, PurePath]] = [(files, normal(main))]
    while todo:
        where, path = todo.pop()
        mine = found.own if where is files else found.packages
        if path in mine:
            continue
        key = ("" if where is files and files.kind != "file" else "file", path)
        part = known.get(key)
        if part is None:
            part = known[key] = _part(where, path)
        mine[path] = part
        if len(found.own) + len(found.packages) > MAX_FILES:
            msg = f"it is made of more than {MAX_FILES:,} files"
            raise SourceError(msg, where=files.label(main))
        for text in part.imports:
            target: tuple[Files, PurePath] | None = (where, normal(path.parent / text.removeprefix(_FILE)))
            if text.startswith(_PACKAGE):
                package, _, rest = text.removeprefix(_PACKAGE).partition("/")
                rest = rest or "lib"
                if where is files and package in own:
                    target = (files, normal(own[package] / rest))
                else:
                    target = (disk, PurePath(installed[package], rest)) if package in installed else None
            elif ":" in text and not text.startswith(_FILE):
                continue  # another canister, or a module of the compiler's own
            if target is not None:
                places = [target[1]] if text.startswith(_FILE) else _modules(target[1])
                todo += [(target[0], place) for place in places if target[0].is_folder(place) is False]
    return found


def normal(path: PurePath) -> PurePath:
    """Return a path without `.` and, where that is possible, without `..`."""
    return type(path)(os.path.normpath(path))


def _modules(path: PurePath) -> list[PurePath]:
    """Return the files that an import may stand for. Where both are there the compiler chooses; both are taken."""
    if path.suffix == ".mo":
        return [path]
    return [path.with_name(f"{path.name}.mo"), path / "lib.mo"]


def _part(files: Files, path: PurePath) -> Part:
    data = files.read(path)
    imports = imported(decode(data, files.label(path))) if path.suffix == ".mo" else ()
    return Part(data, sha256(data).hexdigest(), imports)


def imported(text: str) -> tuple[str, ...]:
    """Return what a Motoko text imports, as written. A text that is no Motoko imports whatever it seems to."""
    if "import" not in text:
        return ()
    found: list[str] = []
    at, depth, awaited = 0, 0, False
    while match := (_COMMENT if depth else _TOKEN).search(text, at):
        word, at = match.group(), match.end()
        if word == "/*":
            depth += 1
        elif word == "*/":
            depth = max(0, depth - 1)
        elif word == "import":
            awaited = True
        elif awaited and word.startswith('"'):
            found.append(word[1:-1])
            awaited = False
    return tuple(found)
