"""A project's decisions as files: `ctxcheck.toml` and `ctxcheck.accepted.toml`, found upward."""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from typing import NamedTuple

from analyzer.policy import accepted as accepted_changes
from analyzer.policy import config as configuration
from analyzer.policy.accepted import Accepted, read_accepted
from analyzer.policy.config import Config, read_config
from analyzer.sources.disk import Disk
from analyzer.sources.files import read_text
from analyzer.sources.packages import upward
from analyzer.sources.projects import PROJECT_FILES
from analyzer.sources.projects.profile import DECISIONS


class Decisions(NamedTuple):
    """What a project has decided. folder: where its files are, or would be."""

    folder: Path
    config: Config
    accepted: list[Accepted]

    @property
    def accepted_file(self) -> Path:
        """The file of accepted changes."""
        return self.folder / accepted_changes.NAME


def read_decisions(start: PurePath | None = None) -> Decisions:
    """Return the decisions of the project around a folder (None: the working folder); of none, empty ones.

    They are in the nearest folder upward that has one of their files, else beside the project's. Raises UsageError,
    SourceError.
    """
    folder = Path(_folder(start or PurePath()))
    config, accepted = Config(), []
    # Whatever bears the name: a link that leads nowhere would else be a project that decided nothing.
    if os.path.lexists(folder / configuration.NAME):
        config = read_config(read_text(folder / configuration.NAME), _label(folder / configuration.NAME))
    if os.path.lexists(folder / accepted_changes.NAME):
        accepted = read_accepted(read_text(folder / accepted_changes.NAME), _label(folder / accepted_changes.NAME))
    return Decisions(folder, config, accepted)


def _folder(start: PurePath) -> PurePath:
    places = list(upward(Disk(), start))
    for place in places:
        if any(os.path.lexists(Path(place, name)) for name in DECISIONS):
            return place
    for place in places:
        if any(Path(place, name).is_file() for name in PROJECT_FILES):
            return place
    return start


def _label(path: Path) -> str:
    return os.path.normpath(path)
