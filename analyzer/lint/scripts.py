"""Commands in scripts that wipe a canister on mainnet: `--mode reinstall`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analyzer.lint.finding import Found
from analyzer.model import Verdict
from analyzer.text import Sources, location

if TYPE_CHECKING:
    from collections.abc import Iterator

# A command, up to what ends it; a backslash at a line's end goes on.
_COMMAND = re.compile(r"(?:\\\r?\n|[^\n;&|])+")
_REINSTALL = re.compile(r"(?<![\w-])(?:--mode(?:\s+|=)|-m(?:\s+|=)?)[\"']?reinstall\b")
_MAINNET = re.compile(
    r"(?<![\w-])(?:--(?:network|environment|env)(?:\s+|=)|-[ne](?:\s+|=)?|DFX_NETWORK=|ICP_ENVIRONMENT=)"
    r"[\"']?(?:ic|mainnet|production|https://(?:icp-api\.io|icp0\.io|ic0\.app))\b|(?<![\w-])--ic\b"
)
_COMMENT = re.compile(r"^[ \t]*(?:#|//).*$", re.MULTILINE)
_EFFECT = "reinstalling drops all that the canister holds, stable memory too"


def scripts(text: str, label: str, name: str) -> Iterator[Found]:
    """Yield the commands of a text that reinstall on mainnet. What a variable holds is not known.

    name: of the file, from the project's folder.
    """
    if "reinstall" not in text:
        return
    sources = Sources()
    sources.add(label, text)
    code = _COMMENT.sub(lambda match: " " * len(match[0]), text)
    for command in _COMMAND.finditer(code):
        found = _REINSTALL.search(command[0])
        if found is not None and _MAINNET.search(command[0]):
            start = command.start() + found.start()
            where = location(sources, (start, start + len(found[0])))
            yield Found("mainnet_reinstalled", Verdict.LOSSY, name, _EFFECT, where, " ".join(found[0].split()))
