"""Values of a project file, each looked at before it is taken: whoever wrote it may have meant something else."""

from __future__ import annotations

import shlex
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from analyzer.errors import SourceError
from analyzer.sources.imports import normal

if TYPE_CHECKING:
    from collections.abc import Iterator


def table(value: object, what: str, where: str) -> dict[str, Any]:
    """Return a value as a table; nothing is an empty one. Raises SourceError."""
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        msg = f"{what} is not a table"
        raise SourceError(msg, where=where)
    return value


def tables(value: object, what: str, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the tables of a table, by name. Raises SourceError."""
    for name, entry in table(value, what, where).items():
        yield name, table(entry, f"{what}.{name}", where)


def words(value: object, what: str, where: str) -> list[str]:
    """Return compiler flags: a list of words, or a text as a shell would split it. Raises SourceError."""
    if value is None:
        return []
    if isinstance(value, str):
        try:
            return shlex.split(value)
        except ValueError:
            msg = f"{what} has a quotation mark that is not closed"
            raise SourceError(msg, where=where) from None
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return value
    msg = f"{what} is neither a text nor a list of texts"
    raise SourceError(msg, where=where)


def path(value: object, what: str, folder: PurePath, where: str) -> PurePath:
    """Return a path that starts in a folder. Raises SourceError: no text, or it starts at the disk's root."""
    if not isinstance(value, str) or not value or "\0" in value:
        msg = f"{what} is not a path"
        raise SourceError(msg, where=where)
    if PurePath(value).is_absolute():
        msg = f"{what} is {value}: a path that other machines do not have"
        raise SourceError(msg, where=where, hint="write it as seen from this file")
    return normal(folder / value)
