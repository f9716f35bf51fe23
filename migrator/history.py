"""The history of a project's migrations: a file in git that people read, each entry with what machines read.

A line an entry, and below it a comment of HTML with the same as JSON (`ctxcheck.history/1`). Lines that people wrote
stay as they are.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from analyzer.errors import SourceError
from analyzer.report.words import clean
from migrator.plan.form import Malformed, from_json, to_json
from migrator.plan.words import moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA: Literal["ctxcheck.history/1"] = "ctxcheck.history/1"
_HEAD = "# Migration history\n\n"
_MARK = re.compile(r"^\s*<!-- ctxcheck (\{.*\}) -->\s*$")
_MOST = 16 << 20


class Approved(NamedTuple):
    """Who approved, and why."""

    by: str
    reason: str


class Entry(NamedTuple):
    """One upgrade of one canister. time: ns since epoch, certified. network: its root key's SHA-256, 16 hex digits.

    outcome: `committed`, or `rolled back` after it was. proof: in words.
    """

    schema: Literal["ctxcheck.history/1"]
    time: int
    outcome: Literal["committed", "rolled back"]
    name: str
    canister: str
    network: str
    network_name: str
    old: str
    new: str
    message: str
    commit: str | None
    plan: str
    run: str
    sender: str
    approvals: tuple[Approved, ...]
    proof: str


def line_of(entry: Entry) -> str:
    """Return what people read of an entry."""
    by = " and ".join(f"{one.by} ({clean(one.reason, 200)})" for one in entry.approvals) or "nobody, as nobody had to"
    said = clean(entry.message, 300) or "no words"
    parts = [
        f"{moment(entry.time)} **{clean(entry.name)}** on {clean(entry.network_name)}: {said}",
        f"module {entry.old[:12]} to {entry.new[:12]}",
        f"commit {entry.commit[:12]}" if entry.commit else "no commit",
        f"approved by {by}",
        entry.proof,
        f"plan {entry.plan[:12]}",
    ]
    if entry.outcome == "rolled back":
        parts[0] = f"{moment(entry.time)} **{clean(entry.name)}** on {clean(entry.network_name)}: ROLLED BACK: {said}"
    return "- " + "; ".join(parts)


def add(path: Path, entry: Entry) -> bool:
    """Add an entry to a file, unless it is there. Return whether it was added. Raises SourceError."""
    try:
        text = path.read_text("utf-8") if path.exists() else _HEAD
        if any((one.run, one.name, one.outcome) == (entry.run, entry.name, entry.outcome) for one in entries(text)):
            return False
        told = json.dumps(to_json(entry), sort_keys=True).replace("--", "-\\u002d")
        gap = "" if not text or text.endswith("\n") else "\n"
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.new")
        draft.write_text(f"{text}{gap}{line_of(entry)}\n  <!-- ctxcheck {told} -->\n", "utf-8")
        os.replace(draft, path)  # noqa: PTH105 - of two paths
    except (OSError, UnicodeDecodeError) as error:
        msg = f"the history cannot be written: {error}"
        raise SourceError(msg, where=str(path)) from None
    return True


def entries(text: str) -> Iterator[Entry]:
    """Give the entries of a file that machines can read, oldest first; what is none is left to people."""
    for line in text.splitlines():
        found = _MARK.match(line)
        if found is None:
            continue
        try:
            yield from_json(Entry, json.loads(found[1]), "entry")
        except (ValueError, RecursionError, Malformed):
            continue


def read(path: Path) -> str:
    """Return the text of the file, "" where there is none. Raises SourceError."""
    try:
        if path.stat().st_size > _MOST:
            msg = f"a history has at most {_MOST:,} bytes"
            raise SourceError(msg, where=str(path))
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        msg = f"the history cannot be read: {error}"
        raise SourceError(msg, where=str(path)) from None


def by_hand(text: str) -> Iterator[str]:
    """Give the lines that people wrote."""
    for line in text.splitlines():
        if line.strip() and not line.startswith(("#", "- ")) and _MARK.match(line) is None:
            yield line
