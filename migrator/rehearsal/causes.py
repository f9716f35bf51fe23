"""Which edits a refusal is due to, as far as the runtime's own words tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.model import Surface, Verdict
from analyzer.report.block import Block, blocks

if TYPE_CHECKING:
    from analyzer.compare.versions import ChangeSet
    from analyzer.model import Edit
    from migrator.rehearsal.model import Rehearsal, Said

# What the runtime of Motoko and the network say where old data and new types do not go together (seen).
_OF_TYPES = ("Memory-incompatible program upgrade", "wasm_memory_persistence", "incompatible memory")


def causes(said: Said | None, changes: ChangeSet | None) -> list[Block]:
    """Return the edits by which the runtime can have refused an upgrade; none where the program itself said no.

    A trap of the program has no edit: the types cannot tell what it computes.
    """
    if said is None or changes is None or not any(words in said.message for words in _OF_TYPES):
        return []
    return blocks(_forbidden(changes))


def forbidden_all_the_same(rehearsal: Rehearsal, changes: ChangeSet) -> Rehearsal:
    """Return a rehearsal that is not accepted where the types forbid what the runtime took.

    The runtime takes some changes and then misreads memory: what it does is no proof against the types.
    """
    edits = _forbidden(changes)
    if not rehearsal.accepted or not edits:
        return rehearsal
    why = f"the runtime takes it, and the types forbid it ({len(edits)} changes): stored values may be misread"
    return rehearsal._replace(found=rehearsal.found._replace(outcome="failed", why=why))


def _forbidden(changes: ChangeSet) -> list[Edit]:
    """Return the edits of stored data that break, or cannot be told not to."""
    worse = (Verdict.BREAKING, Verdict.UNDECIDED)
    edits = [edit for canister in changes.canisters for edit in canister.edits]
    return [edit for edit in edits if any(o.surface == Surface.STABLE and o.verdict in worse for o in edit.occurrences)]
