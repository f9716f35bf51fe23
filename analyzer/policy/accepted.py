"""`ctxcheck.accepted.toml`: changes that are let through the gate, each with who, why and until when."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME = "ctxcheck.accepted.toml"
_HEAD = """\
# Changes that `ctxcheck` lets through. Written by `ctxcheck accept`, reviewed like code.
# What costs stored data cannot be let through; what is no longer needed may be removed: `ctxcheck accept --prune`.
"""
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f"}


class Accepted(NamedTuple):
    """One change that is let through.

    fingerprint: SHA-256 (hex), of the occurrence. canister, rule, change, where: what it is, for who reads the file.
    reason, by: a person's words and name. on: the day on which it was accepted. until: the last on which it counts.
    """

    fingerprint: str
    canister: str
    rule: str
    change: str
    where: str
    reason: str
    by: str
    on: date
    until: date | None = None

    def expired(self, today: date) -> bool:
        """Tell whether its last day has passed."""
        return self.until is not None and self.until < today


_TEXTS = ("fingerprint", "canister", "rule", "change", "where", "reason", "by")
_DATES = ("on", "until")


def read_accepted(text: str, label: str) -> list[Accepted]:
    """Return the accepted changes that a text holds. Raises UsageError."""
    try:
        root = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        msg = f"this is not TOML: {error}"
        raise UsageError(msg, where=label) from None
    entries = root.get("accepted", [])
    if set(root) - {"accepted"} or not isinstance(entries, list):
        msg = "it holds entries `[[accepted]]` and nothing else"
        raise UsageError(msg, where=label)
    return [_entry(entry, f"{label}, entry {number}") for number, entry in enumerate(entries, 1)]


def _entry(entry: dict[str, Any], where: str) -> Accepted:
    unknown = set(entry) - {*_TEXTS, *_DATES}
    if unknown:
        msg = f"there is no key `{min(unknown)}`"
        raise UsageError(msg, where=where, hint=f"known: {', '.join((*_TEXTS, *_DATES))}")
    for key in _TEXTS:
        if not isinstance(entry.get(key), str):
            msg = f"`{key}` is a text, and it has to be there"
            raise UsageError(msg, where=where)
    if re.fullmatch(r"[0-9a-f]{64}", entry["fingerprint"]) is None:
        msg = "`fingerprint` is 64 hexadecimal digits"
        raise UsageError(msg, where=where, hint="`ctxcheck accept` writes it whole")
    if not entry["reason"].strip():
        msg = "`reason` says nothing"
        raise UsageError(msg, where=where)
    for key in _DATES:
        value = entry.get(key)
        if type(value) is not date and not (key == "until" and value is None):
            msg = f"`{key}` is a date, as 2026-12-31"
            raise UsageError(msg, where=where)
    return Accepted(**entry)


def accepted_text(entries: Iterable[Accepted]) -> str:
    """Return the file that holds some accepted changes, by canister and rule."""
    parts = [_HEAD]
    for entry in sorted(entries, key=lambda e: (e.canister, e.rule, e.where, e.fingerprint)):
        lines = ["\n[[accepted]]\n"]
        for key, value in entry._asdict().items():
            if value is not None:
                lines.append(f"{key} = {value.isoformat() if isinstance(value, date) else _quoted(value)}\n")
        parts.append("".join(lines))
    return "".join(parts)


def _quoted(text: str) -> str:
    """Return a text as TOML, in ASCII: what could reorder or hide a reviewer's view is written out."""
    out = []
    for character in text:
        if character in _ESCAPES:
            out.append(_ESCAPES[character])
        elif character.isascii() and character.isprintable():
            out.append(character)
        elif 0xD800 <= ord(character) <= 0xDFFF:  # noqa: PLR2004 - half of a character: TOML has none
            out.append("\\uFFFD")
        else:
            out.append(f"\\u{ord(character):04X}" if ord(character) <= 0xFFFF else f"\\U{ord(character):08X}")  # noqa: PLR2004
    return f'"{"".join(out)}"'
