"""The two sides of `ctxcheck diff ic:ID NEW` and `canister:NAME [NEW]`: what runs, certified, and what is to run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import ParseError, UsageError
from analyzer.interface import Versions
from analyzer.sources.disk import Disk
from analyzer.sources.paths import read_version
from analyzer.sources.projects.read import project_above
from ctxcheck.connection import connected

if TYPE_CHECKING:
    from analyzer.sources.cache import Cache

PREFIXES = ("ic:", "canister:")


def read_live(old: str, new: str | None, cache: Cache | None, *, run: bool, **network: Any) -> list[Versions]:  # noqa: ANN401
    """Return a canister that runs beside a version of it. new: None for the project's program of that name.

    Raises UsageError, SourceError, ParseError, NetworkError, CertificateError.
    """
    from migrator.network.live import live_interface  # noqa: PLC0415 - few compare with what runs

    kind, _, name = old.partition(":")
    if kind == "ic" and network["environment"] is None and network["network"] is None:
        network["network"] = "ic"  # an id alone is one of mainnet
    if new is not None and new.startswith(PREFIXES):
        msg = "what runs is the old side: name a file for the new one"
        raise UsageError(msg)
    after, surfaces = read_version(_program(name) if new is None else new, cache, run=run)
    with connected(**network) as connection:
        (target,) = connection.targets([name])
        try:
            before = live_interface(connection.agent, target.id, target.name, surfaces)
        except ParseError as error:
            error.side = "old"
            raise
    label = target.name if kind == "canister" else after.name
    return [Versions(label, before, after, surfaces=tuple(surfaces))]


def _program(name: str) -> str:
    """Return the path of the program of a canister of the project. Raises UsageError: it has none of that name."""
    project = project_above(Disk(), Path.cwd())
    target = None if project is None else project.targets.get(name)
    if target is None:
        msg = f"the project has no Motoko canister `{name}`"
        raise UsageError(msg, hint="name the new version: ctxcheck diff ic:ID NEW")
    return str(target.main)
