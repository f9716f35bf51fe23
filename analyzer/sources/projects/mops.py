"""Canisters of mops.toml (mops 3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.sources.flags import flags
from analyzer.sources.packages import toml
from analyzer.sources.projects.target import Target
from analyzer.sources.projects.values import path, table, words

if TYPE_CHECKING:
    from pathlib import PurePath

    from analyzer.sources.arguments import Files


def targets(files: Files, file: PurePath) -> list[Target]:
    """Return the canisters. Raises SourceError."""
    where = files.label(file)
    root = toml(files, file) or {}
    common = words(table(root.get("moc"), "moc", where).get("args"), "moc.args", where)
    found = []
    for name, value in table(root.get("canisters"), "canisters", where).items():
        what = f"canisters.{name}"
        entry = {"main": value} if isinstance(value, str) else table(value, what, where)
        asked = [*common, *words(entry.get("args"), f"{what}.args", where)]
        taken = flags(asked, where)
        chain = table(entry.get("migrations"), f"{what}.migrations", where).get("chain")
        if chain is not None:
            # Relative to the project, as all of its paths; the whole chain, which is what a deployed module has.
            folder = path(chain, f"{what}.migrations.chain", file.parent, where)
            taken = taken._replace(migrations=folder.relative_to(file.parent))
        main = path(entry.get("main"), f"{what}.main", file.parent, where)
        found.append(Target(name, main, file.parent, taken, file))
    return found
