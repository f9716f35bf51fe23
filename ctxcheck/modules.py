"""Where compiled modules are kept between runs: in the user's cache, unless that is off."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from analyzer.sources.cache import SWITCH, cache_folder

if TYPE_CHECKING:
    from pathlib import Path


def module_cache() -> Path | None:
    """Return the folder, None where nothing is to be kept."""
    wanted = os.environ.get(SWITCH)
    if wanted == "0" or (wanted != "1" and os.environ.get("CI")):
        return None
    folder = cache_folder(os.environ)
    return None if folder is None else folder / "modules"
