"""The user's own list of projects whose commands may be run: `trusted` in the user's configuration.

It is outside of every project, so that no project can put itself on it.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping


def is_trusted(project: Path, environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether a user trusts a project's folder, or one around it. Raises UsageError: a list that is none."""
    path = _file(environment)
    if path is None or not path.is_file():
        return False
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        msg = f"this cannot be read as TOML: {error}"
        raise UsageError(msg, where=str(path)) from None
    listed = found.get("trusted", [])
    if set(found) - {"trusted"} or not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        msg = "it has one key, `trusted`: a list of folders"
        raise UsageError(msg, where=str(path))
    whole = project.resolve()
    folders = (Path(one).expanduser() for one in listed)
    return any(folder.is_absolute() and whole.is_relative_to(folder.resolve()) for folder in folders)


def _file(environment: Mapping[str, str]) -> Path | None:
    """Return the file, None where the user has no home."""
    base = Path(environment.get("XDG_CONFIG_HOME", ""))
    if not base.is_absolute():  # the specification: a relative path is to be ignored
        base = Path(environment.get("HOME", ""), ".config")
    return base / "ctxcheck" / "config.toml" if base.is_absolute() else None
