"""Where a repository calls a method by its name: in its clients, its other canisters, its scripts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analyzer.policy.gate import Callers

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import PurePath

    from analyzer.sources.git import Revision
    from analyzer.sources.worktree import WorkTree

MAX_FILE = 2 * 1024 * 1024  # bytes; a larger one is data, or a bundle
# Not calls: interfaces and what is generated from them, packages, prose.
_NO_CALLS = (".did", ".most", ".did.js", ".did.d.ts", ".md", ".lock", ".svg")
_NO_FOLDERS = {"node_modules", "declarations", ".mops", ".dfx", "deployed"}


def callers_of(files: Revision | WorkTree, method: str, changed: Collection[PurePath]) -> Callers:
    """Return where the files of a revision call a method. changed: the files that the change touches.

    A call is looked for by its form, in any language: `.name(`, a quoted name, a name taken out of an actor by
    `{ name }`. What only looks like a call counts as one.
    """
    name = re.escape(method)
    call = re.compile(
        rf"[.?]\s*{name}\s*[(<]|[\"'`]{name}[\"'`]|\{{[^{{}}]*(?<![\w$]){name}(?![\w$])[^{{}}]*\}}\s*=(?!=)"
    )
    places: list[str] = []
    unchanged: list[str] = []
    for path in files.all_files(MAX_FILE):
        if path.name.endswith(_NO_CALLS) or _NO_FOLDERS.intersection(path.parts):
            continue
        data = files.read(path)
        if method.encode() not in data or b"\0" in data[:8000]:
            continue
        text = data.decode("utf-8", "replace")
        for match in call.finditer(text):
            place = f"{path}:{text.count(chr(10), 0, match.start()) + 1}"
            if place not in places:
                places.append(place)
                if path not in changed:
                    unchanged.append(place)
    return Callers(places, unchanged)
