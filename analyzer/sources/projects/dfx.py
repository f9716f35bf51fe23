"""Canisters of dfx.json (dfx 0.30)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from analyzer.errors import SourceError
from analyzer.sources.files import decode
from analyzer.sources.flags import flags
from analyzer.sources.projects.target import Target
from analyzer.sources.projects.values import path, table, tables, words

if TYPE_CHECKING:
    from pathlib import PurePath

    from analyzer.sources.arguments import Files


def targets(files: Files, file: PurePath) -> list[Target]:
    """Return the Motoko canisters. Raises SourceError."""
    where = files.label(file)
    try:
        read = json.loads(decode(files.read(file), where))
    except json.JSONDecodeError as error:
        msg = f"this is not JSON: {error.msg}"
        raise SourceError(msg, where=f"{where}:{error.lineno}:{error.colno}") from None
    except RecursionError:
        msg = "this is nested too deeply"
        raise SourceError(msg, where=where) from None
    found = []
    root = table(read, "the file", where)
    build = table(table(root.get("defaults"), "defaults", where).get("build"), "defaults.build", where)
    packtool = build.get("packtool")
    for name, entry in tables(root.get("canisters"), "canisters", where):
        if entry.get("type", "motoko") != "motoko" or (entry.get("type") is None and "main" not in entry):
            continue
        what = f"canisters.{name}"
        asked = words(entry.get("args", build.get("args")), f"{what}.args", where)
        main = path(entry.get("main"), f"{what}.main", file.parent, where)
        tool = packtool if isinstance(packtool, str) and packtool.strip() else None
        found.append(Target(name, main, file.parent, flags(asked, where), file, tool))
    return found
