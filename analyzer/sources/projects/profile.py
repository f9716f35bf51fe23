"""What the project around the working folder is."""

from __future__ import annotations

from pathlib import Path

DECISIONS = ("ctxcheck.toml", "ctxcheck.accepted.toml")
_DEPLOYS_AS_DFX = ("dfx.json", "icp.yaml")


def default_profile(folder: Path | None = None) -> str:
    """Return `dfx` in a project that deploys with dfx or icp-cli (both ask for that check), else `didc`."""
    at = (folder or Path.cwd()).resolve()
    deploys = any((place / name).is_file() for place in (at, *at.parents) for name in _DEPLOYS_AS_DFX)
    return "dfx" if deploys else "didc"


def has_decisions(folder: Path | None = None) -> bool:
    """Tell whether the project around a folder (None: the working folder) has a file of decisions."""
    at = (folder or Path.cwd()).resolve()
    return any((place / name).is_file() for place in (at, *at.parents) for name in DECISIONS)
