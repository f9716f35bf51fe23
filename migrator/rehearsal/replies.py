"""What canisters reply, before and after, as an old client reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.candid.methods import method_of
from analyzer.candid.parse import parse_candid
from analyzer.candid.values import DecodeError, decode
from analyzer.candid.values.print import values_text
from analyzer.report.words import clean
from migrator.kept import kept
from migrator.rehearsal.model import Query

if TYPE_CHECKING:
    from migrator.rehearsal.model import Call, Fate

_SHOWN = 100  # characters of a value
_NO_METHOD = "IC0536"


class Reply(NamedTuple):
    """An answer. code, message: of a reject; data: of a reply. fuel: instructions that it took."""

    data: bytes | None
    code: str = ""
    message: str = ""
    fuel: int = 0

    @property
    def words(self) -> str:
        """How it was rejected."""
        return clean(f"{self.code}: {self.message}", 300)


def questions(did: str) -> tuple[list[str], list[str]]:
    """Return the queries of an interface that take nothing, and those that take something. Raises ParseError."""
    interface = parse_candid(did, "the old interface")
    asked: list[str] = []
    unasked: list[str] = []
    if interface.service >= 0:
        for name in interface.table.labels[interface.service]:
            method = method_of(interface, str(name))
            if method is not None and method.mode in ("query", "composite_query"):
                (unasked if method.arguments else asked).append(str(name))
    return asked, unasked


def judged(did: str | None, call: Call, before: Reply, after: Reply, *, may_differ: bool) -> Query:
    """Compare an answer with that of before the upgrade. did: the old interface."""
    fate, words = _fate(did, call, before, after)
    return Query(call.name, fate, words, max(before.fuel, after.fuel), may_differ)


def _fate(did: str | None, call: Call, before: Reply, after: Reply) -> tuple[Fate, str]:
    if after.data is None:
        if before.data is None and (before.code, before.message) == (after.code, after.message):
            return "silent", f"rejected before and after: {after.words}"
        return ("gone" if after.code == _NO_METHOD else "rejected"), after.words
    if before.data is None:
        return "differs", f"was rejected before ({before.words}), and replies now"
    if did is None:
        same = before.data == after.data
        return ("same", "the same bytes") if same else ("differs", "other bytes; its types are not known")
    return _compared(did, call.method, before.data, after.data)


def _compared(did: str, method: str, before: bytes, after: bytes) -> tuple[Fate, str]:
    try:
        found = kept(did, method, before, after)
    except ValueError as error:
        return "unreadable", f"old clients cannot read it: {clean(str(error), 300)}"
    if found.is_shorter or found.missing:
        old, new = (shown(did, method, reply) for reply in (before, after))
        if found.before == found.after == 1:
            return "differs", f"{old} became {new}"
        return "missing", f"{found.missing:,} of {found.before:,} entries are not there as they were"
    if found.after > found.before:
        return "kept", f"{found.before:,} entries, {found.after - found.before:,} more"
    return "same", _entries(did, method, before, found.before)


def _entries(did: str, method: str, reply: bytes, count: int) -> str:
    interface = parse_candid(did, "the old interface")
    found = method_of(interface, method)
    values = [] if found is None else decode(reply, interface, found.results)
    if len(values) == 1 and isinstance(values[0], list):
        return f"{count:,} {'entry' if count == 1 else 'entries'}"
    return shown(did, method, reply)


def shown(did: str, method: str, reply: bytes) -> str:
    """Return a reply in short, at the types of an interface."""
    interface = parse_candid(did, "the old interface")
    found = method_of(interface, method)
    if found is None:
        return f"{len(reply):,} bytes"
    try:
        return clean(
            values_text(
                decode(reply, interface, found.results), interface, found.results, annotated=False, limit=_SHOWN
            ),
            _SHOWN + 2,
        )
    except DecodeError:
        return f"{len(reply):,} bytes that cannot be read"
