"""What a trial comes to: whether each thing that was looked at is as it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.rehearsal.model import HOLDS, Held
from migrator.rehearsal.replies import holds, judged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrator.rehearsal.model import Back, Call, Outcome, Query, Values
    from migrator.rehearsal.replies import Reply

LIMIT = 300_000_000_000  # instructions of an upgrade (spec 0.66, "Resource limits")
_TIMES = 2  # instructions of the Internet Computer for one of ours, at most (replica.md); at least 1.3


def expected(did: str | None, new_did: str | None, call: Call, before: Reply, after: Reply) -> Held:
    """Tell whether a call that is made on both sides says what it is to say. did, new_did: both interfaces."""
    if call.expects not in ("same", "kept"):
        return Held(call.name, "after", *holds(new_did, call, after))
    query = judged(did, call, before, after, may_differ=False)
    good = query.fate == "same" if call.expects == "same" else query.fate in HOLDS
    return Held(call.name, "after", good and after.data is not None, query.words)


def judge(
    queries: Sequence[Query], held: Sequence[Held], values: Values, back: Back, fuel: int
) -> tuple[Outcome, str | None]:
    """Return what a trial came to, and why. fuel: of the upgrade, as wasmtime counts it; 0: not known."""
    odd = {one.name: one.words for one in queries if not one.holds}
    wrong = [f"{name}: {words}" for name, words in odd.items()]
    wrong += [f"{one.name}: {one.words}" for one in held if not one.holds and one.name not in odd]
    if values.why is None and not values.kept:
        wrong.append(f"the stable variables: {values.summary}")
    if not back.holds:
        wrong.append(f"the way back: {back.words}")
    if wrong:
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return "failed", wrong[0] + more
    if fuel * _TIMES > LIMIT:
        return "undecided", "the upgrade may take more instructions than the network allows"
    return "accepted", None
