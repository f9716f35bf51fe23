"""What restoring files changes in them, line by line, for whoever decides; never what a secret is."""

from __future__ import annotations

import difflib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGE = 1 << 20  # bytes of a file that is compared line by line
_LINES = 200  # of one file that are shown
_SECRET_NAMES = (".env",)
_SECRET_ENDS = (".pem", ".key")


def difference(name: str, now: bytes, then: bytes) -> Iterator[str]:
    """Give the lines of a difference, as `diff -u` does. now: what is there; then: what the backup has."""
    if _is_secret(name):
        yield "  (it holds secrets: not shown)"
        return
    old, new = _text(now), _text(then)
    if old is None or new is None:
        yield f"  (no text, or large: {len(now):,} bytes now, {len(then):,} in the backup)"
        return
    lines = difflib.unified_diff(old, new, f"{name} (now)", f"{name} (backup)", lineterm="")
    for number, line in enumerate(lines):
        if number == _LINES:
            yield "  ..."
            return
        yield "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line.replace("\t", "    "))


def _is_secret(name: str) -> bool:
    last = PurePosixPath(name).name
    return last.startswith(_SECRET_NAMES) or last.endswith(_SECRET_ENDS)


def _text(content: bytes) -> list[str] | None:
    if len(content) > _LARGE or b"\0" in content:
        return None
    try:
        return content.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return None
