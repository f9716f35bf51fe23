"""A rehearsal as a plan carries it: all that was found, and no value of anybody, for reports are given away."""

from __future__ import annotations

from migrator.plan.form import canonical, from_json, parsed, to_json
from migrator.rehearsal.model import Rehearsal


def evidence(rehearsal: Rehearsal) -> bytes:
    """Return a rehearsal as `ctxcheck.rehearsal/1`, without replies, values and what the program logged."""
    found = rehearsal.found
    values = found.values
    plain = found._replace(
        logs=(),
        queries=tuple(one._replace(words="") for one in found.queries),
        held=tuple(one._replace(words="") for one in found.held),
        values=None if values is None else values._replace(shown=()),
    )
    return canonical(to_json(rehearsal._replace(found=plain)))


def read_evidence(data: bytes) -> Rehearsal:
    """Return the rehearsal of a plan. Raises Malformed."""
    return from_json(Rehearsal, parsed(data), "rehearsal")
