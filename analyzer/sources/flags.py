"""The compiler flags that a project may ask for: which of them say something about the interface.

Only known ones are taken, since a flag can name files to read and write. What says nothing about types is kept
apart: only a module that is to run is compiled with it.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import SourceError
from analyzer.sources.imports import normal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.interface import Persistence

_TYPES = {"--default-persistent-actors", "--require-persistent-actors"}
_TYPES_OF = {"--implicit-package"}  # with a name behind them
_MIGRATIONS = "--enhanced-migration"
_PACKAGE = "--package"
_PERSISTENCE: dict[str, Persistence] = {
    "--enhanced-orthogonal-persistence": "eop",
    "--legacy-persistence": "classical",
}
# Code and sections: what no type follows from. By how many words stand behind them.
_CODE = {
    "--compacting-gc": 0, "--copying-gc": 0, "--debug": 0, "--experimental-multi-value": 0, "--force-gc": 0,
    "--generational-gc": 0, "--incremental-gc": 0, "--release": 0, "--sanity-checks": 0, "--stable-regions": 0,
    "--trap-on-call-error": 0, "--experimental-stable-memory": 1, "--max-stable-pages": 1, "--omit-metadata": 1,
    "--public-metadata": 1, "--rts-stack-pages": 1,
}  # fmt: skip
# Words to people, and files beside the module.
_WORDS = {
    "--ai-errors": 0, "--hide-warnings": 0, "--idl": 0, "--stable-types": 0, "-Werror": 0, "-c": 0, "-g": 0, "-v": 0,
    "--error-detail": 1, "--error-format": 1, "-A": 1, "-E": 1, "-W": 1,
}  # fmt: skip
_NOTHING = _CODE | _WORDS


class Flags(NamedTuple):
    """words: for the compiler. migrations: the folder of migrations. packages: as `--package` names them.

    code: what else a module is compiled with. Paths are relative to the project's folder, or absolute.
    """

    words: tuple[str, ...] = ()
    migrations: PurePath | None = None
    packages: tuple[tuple[str, PurePath], ...] = ()
    persistence: Persistence = "unknown"
    code: tuple[str, ...] = ()


def flags(words: Sequence[str], where: str) -> Flags:
    """Return what a project's flags mean. where: the file that has them. Raises SourceError: one that is not known."""
    taken: list[str] = []
    code: list[str] = []
    migrations: PurePath | None = None
    packages: list[tuple[str, PurePath]] = []
    persistence: Persistence = "unknown"
    left = list(words)

    def following(flag: str) -> str:
        if not left:
            msg = f"the compiler flag {flag} takes a word after it"
            raise SourceError(msg, where=where)
        return left.pop(0)

    while left:
        flag = left.pop(0)
        name, equals, value = flag.partition("=")
        if equals and flag.startswith("-") and name in {*_NOTHING, *_TYPES_OF, _MIGRATIONS}:
            left.insert(0, value)
            flag = name
        if flag in _TYPES:
            taken.append(flag)
        elif flag in _TYPES_OF:
            taken += [flag, following(flag)]
        elif flag in _PERSISTENCE:
            persistence = _PERSISTENCE[flag]
            code.append(flag)
        elif flag == _MIGRATIONS:
            migrations = _inside(following(flag), flag, where)
        elif flag == _PACKAGE:
            package = following(flag)
            packages.append((package, _inside(following(flag), flag, where)))
        elif flag in _NOTHING:
            behind = [following(flag) for _ in range(_NOTHING[flag])]
            code += [flag, *behind] if flag in _CODE else []
        else:
            msg = f"the compiler flag {flag} is not known here"
            hint = "compile with it yourself and compare what that makes: ctxcheck diff OLD.most NEW.most"
            raise SourceError(msg, where=where, hint=hint)
    return Flags(tuple(taken), migrations, tuple(packages), persistence, tuple(code))


def _inside(path: str, flag: str, where: str) -> PurePath:
    """Return a path that a project names; only what is inside the project is read."""
    found = normal(PurePath(path))
    if found.is_absolute() or ".." in found.parts:
        msg = f"{flag} names {path}, which is outside the project"
        raise SourceError(msg, where=where)
    return found
