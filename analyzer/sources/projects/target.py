"""One Motoko canister of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import PurePath

    from analyzer.sources.flags import Flags


class Target(NamedTuple):
    """A canister. main: its first file. folder: where its flags start. declared: the project file that names it.

    packtool: the command that the project would have names of packages from; it is not run unless asked for.
    """

    name: str
    main: PurePath
    folder: PurePath
    flags: Flags
    declared: PurePath
    packtool: str | None = None
