"""The stable variables of two states of a trial, compared value by value."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import CtxError
from analyzer.heap.diff import compare
from analyzer.heap.image import PiecedImage
from analyzer.sources.wasm import STABLE, read_module
from migrator.backups.state import state_of
from migrator.rehearsal.model import Changed, Values

if TYPE_CHECKING:
    from analyzer.heap.image import Source
    from analyzer.heap.state import State

_SHOWN = 50  # differences


class Taken(NamedTuple):
    """A snapshot, wherever it is. module: as it is installed."""

    memory: Source
    module: bytes


def compared(before: Taken, after: Taken) -> Values:
    """Compare two snapshots of one stopped canister. What cannot be compared says why, and is never called kept."""
    try:
        old = _state(before, "before")
    except CtxError as error:
        return Values(str(error))
    if STABLE not in read_module(after.module, "after").metadata:
        return Values("the new module does not say what it keeps")
    try:
        new = _state(after, "after")
        result = compare(old, new)
    except CtxError as error:
        if getattr(error, "where", None) == "old":
            return Values(str(error))
        # What could be read before cannot be any more.
        return Values(None, summary=f"cannot be compared after the upgrade: {error}")
    shown = tuple(
        Changed(one.change.value, one.path, one.old, one.new, one.expected) for one in result.differences[:_SHOWN]
    )
    summary = result.summary()
    if result.not_compared:
        summary += f"; not compared: {', '.join(result.not_compared)}"
    notes = [note for state in (old, new) for note in state.notes if state.hooked]
    return Values(None, result.values, result.kept, "; ".join([summary, *dict.fromkeys(notes)]), shown)


def _state(taken: Taken, where: str) -> State:
    return state_of(PiecedImage(taken.memory), taken.module, where)
