"""Messages that show what a change does: what an old client sends or reads, proven by encoding and decoding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.candid.witness import Loss, Witnesses
from analyzer.edits.candid import INIT_ROOT
from analyzer.model import Verdict, Witness

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzer.candid.types import CandidInterface
    from analyzer.candid.witness import Witness as Message
    from analyzer.model import Occurrence


def shown(old: CandidInterface, new: CandidInterface, occurrences: Iterable[Occurrence]) -> None:
    """Set the witness of each occurrence that has one."""
    witnesses = Witnesses(old, new)
    for occurrence in occurrences:
        if occurrence.root != INIT_ROOT:
            occurrence.witness = _witness(witnesses, occurrence)


def _witness(witnesses: Witnesses, occurrence: Occurrence) -> Witness | None:
    results = occurrence.path[0].kind == "result"
    refused = occurrence.verdict == Verdict.BREAKING and not occurrence.opt_rule
    wanted = Loss.REFUSED if refused else Loss.NULLED if occurrence.opt_rule else None
    message = witnesses.find(occurrence.root, results=results, path=occurrence.path, loss=wanted)
    if message is None or (wanted is None and message.loss == Loss.REFUSED):
        return None
    sent = f"the new version replies {message.text}" if results else f"an old client sends {message.text}"
    return Witness(sent, _outcome(message, "an old client" if results else "the new version"))


def _outcome(message: Message, reader: str) -> str:
    if message.read is not None:
        return f"{reader} reads {message.read}"
    _, _, why = (message.error or "").partition(": ")  # without the byte where it shows
    return f"{reader} refuses it: {why}"
