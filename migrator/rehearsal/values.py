"""The stable variables of two states of a trial, compared value by value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.errors import CtxError
from analyzer.heap.diff import compare
from analyzer.heap.image import PiecedImage
from migrator.backups.state import state_of
from migrator.rehearsal.model import Changed, Values

if TYPE_CHECKING:
    from analyzer.heap.state import State
    from replica.management.snapshots import Snapshot

_SHOWN = 50  # differences


def compared(before: Snapshot, after: Snapshot) -> Values:
    """Compare two snapshots of one stopped canister. What cannot be compared says why, and is never called kept."""
    try:
        old, new = _state(before, "before"), _state(after, "after")
        result = compare(old, new)
    except CtxError as error:
        return Values(str(error))
    shown = tuple(
        Changed(one.change.value, one.path, one.old, one.new, one.expected) for one in result.differences[:_SHOWN]
    )
    summary = result.summary()
    if result.not_compared:
        summary += f"; not compared: {', '.join(result.not_compared)}"
    notes = [note for state in (old, new) for note in state.notes if state.hooked]
    return Values(None, result.values, result.kept, "; ".join([summary, *dict.fromkeys(notes)]), shown)


def _state(snapshot: Snapshot, where: str) -> State:
    return state_of(PiecedImage(snapshot.state.memory), snapshot.wasm(), where)
