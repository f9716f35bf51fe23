"""What an argument of the command names: a path, a revision, standard input.

A prefix always wins. Without one it is an existing path, else a revision; where both are there, it has to be said.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, NamedTuple, Protocol

from analyzer.errors import SourceError, UsageError
from analyzer.sources.disk import Disk

if TYPE_CHECKING:
    from analyzer.sources.git import Revision

_LIVE = ("ic:", "canister:")


class Files(Protocol):
    """Where files come from: the disk, a revision, standard input."""

    @property
    def kind(self) -> str:
        """`file`, `git` or `stdin`."""

    @property
    def top(self) -> PurePath | None:
        """The folder on the disk that paths start in; None: the working folder, whichever it is."""

    def label(self, path: PurePath) -> str:
        """Return how reports call a file."""

    def is_folder(self, path: PurePath) -> bool | None:
        """Tell whether a path is a folder; None where there is nothing."""

    def listed(self, folder: PurePath) -> list[PurePath]:
        """Return the files of a folder, by name."""

    def folders(self, folder: PurePath) -> list[PurePath]:
        """Return the folders in a folder, by name."""

    def read(self, path: PurePath) -> bytes:
        """Return the bytes of a file. Raises SourceError."""

    def disk(self, path: PurePath) -> Path:
        """Return where on the disk a path is, whatever is there."""


class Named(NamedTuple):
    """What an argument names: a file or a folder among some files. text: the argument.

    everything: it names no path at all: a revision alone, the working files that are compared with one, or `.`.
    """

    files: Files
    path: PurePath
    text: str
    everything: bool = False

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return bool(self.files.is_folder(self.path))


def two(old: str, new: str | None) -> tuple[Named, Named]:
    """Return what two arguments name. new: None for the working files of what `old` names, which is then a revision.

    `A..B` is two arguments in one. Raises UsageError, SourceError.
    """
    if new is not None:
        return named(old), named(new)
    first, dots, second = old.partition("..")
    if dots and first and second and not second.startswith(("/", ".")) and not _exists(old):
        # Behind the second revision stands the path of both.
        path = second.partition(":")[2] if ":" not in first.removeprefix("git:") else ""
        after = named(f"git:{second}" if first.startswith("git:") else second)
        return named(f"{first}:{path}" if path else first), after
    before = named(old)
    working = working_files(before)
    if working is None:
        msg = f"{old} is to be compared with something"
        raise UsageError(msg, hint="name two versions; one alone is a revision, compared with the working files")
    return before, working


def working_files(before: Named) -> Named | None:
    """Return what is on the disk now of what a revision has; None where it is no revision."""
    from analyzer.sources.git import Revision  # noqa: PLC0415 - few compare with a revision

    if not isinstance(before.files, Revision):
        return None
    here = os.path.relpath(before.files.top / before.path)
    return _on_disk(here, here)._replace(everything=before.everything)


def named(argument: str) -> Named:
    """Return what an argument names. Raises UsageError, SourceError."""
    if argument == "-":
        from analyzer.sources.stdin import Stdin  # noqa: PLC0415 - few hand anything in

        return Named(Stdin(), PurePath("-"), argument)
    if argument.startswith("file:"):
        return _on_disk(argument.removeprefix("file:"), argument)
    if argument.startswith("git:"):
        return _in_git(argument.removeprefix("git:"), argument)
    if argument.startswith(_LIVE):
        prefix = argument.partition(":")[0]
        msg = f'"{prefix}:" is what runs: it can be the old side of `ctxcheck diff` alone'
        raise UsageError(msg, hint="name a file or a folder; `file:` before a name that looks like something else")
    exists = _exists(argument)
    if exists and not _may_be_revision(argument):
        return _on_disk(argument, argument)
    revision = _revision(argument)
    if exists and revision is not None:
        msg = f"{argument} is a path and a revision"
        raise UsageError(msg, hint=f"say which: `file:{argument}` or `git:{argument}`")
    if exists or revision is None:
        return _on_disk(argument, argument)
    return _in_git(argument, argument)


def _exists(argument: str) -> bool:
    return "\0" not in argument and Disk().is_folder(PurePath(argument)) is not None


def _may_be_revision(argument: str) -> bool:
    """Tell whether it is worth to ask git: no revision has a name that ends as an interface file does."""
    return not argument.endswith((".did", ".most", ".wasm", ".gz", "/")) and not argument.startswith((".", "/"))


def _revision(argument: str) -> Revision | None:
    from analyzer.sources.git import revision  # noqa: PLC0415 - most compare files

    try:
        return revision(argument.partition(":")[0])
    except SourceError:
        return None  # no git, or no repository: it can only be a path


def _on_disk(path: str, argument: str) -> Named:
    if "\0" in path:
        msg = "this is not a path"
        raise SourceError(msg, where=argument.replace("\0", "\\0"))
    if not _exists(path):
        msg = "there is no such file or folder"
        raise SourceError(msg, where=argument)
    return Named(Disk(), PurePath(path), argument, everything=path in (".", "./"))


def _in_git(argument: str, text: str) -> Named:
    from analyzer.sources.git import revision  # noqa: PLC0415

    name, _, path = argument.partition(":")
    found = revision(name)
    if found is None:
        msg = f"there is no revision {name!r}"
        raise SourceError(msg, where=text, hint="in a shallow clone: `git fetch --unshallow`")
    inside = found.inside(path)
    if found.is_folder(inside) is None:
        msg = "there is no such file or folder in this revision"
        raise SourceError(msg, where=text)
    return Named(found, inside, text, everything=not path)
