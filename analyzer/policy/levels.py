"""The three policies, each within the next, and which findings block under them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from analyzer.model import Surface, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzer.model import Occurrence


class Policy(StrEnum):
    """What blocks. state: what moc refuses, what stored data would lose. wire: also what breaks old clients.

    guide: also what the migration guide alone calls breaking.
    """

    STATE = "state"
    WIRE = "wire"
    GUIDE = "guide"


# The first policy under which each of them blocks.
LEVELS = {"state": Policy.STATE, "clients": Policy.WIRE, "guide": Policy.GUIDE}
_RANK = {policy: rank for rank, policy in enumerate(Policy)}


def blocked_by(occurrence: Occurrence, policy: Policy) -> tuple[str, ...]:
    """Return for whose sake an occurrence blocks: of `state`, `clients`, `guide`; empty where it does not."""
    return tuple(who for who in _against(occurrence) if _RANK[LEVELS[who]] <= _RANK[policy])


def _against(occurrence: Occurrence) -> tuple[str, ...]:
    """Return whom an occurrence stands against, whatever the policy."""
    hard = occurrence.verdict in (Verdict.BREAKING, Verdict.UNDECIDED)
    if occurrence.surface == Surface.STABLE:
        return ("state",) if hard or occurrence.verdict == Verdict.LOSSY else ()
    if hard:
        return ("clients",)
    return ("guide",) if "guide" in occurrence.breaks else ()


def may_be_accepted(occurrence: Occurrence) -> bool:
    """Tell whether an occurrence may be let through: nothing that breaks stored data, or may."""
    return occurrence.surface == Surface.CANDID or occurrence.verdict in (Verdict.SAFE, Verdict.LOSSY)


def apply(policy: Policy, occurrences: Iterable[Occurrence]) -> None:
    """Set `blocked_by` of each occurrence."""
    for occurrence in occurrences:
        occurrence.blocked_by = blocked_by(occurrence, policy)
