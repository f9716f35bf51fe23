"""What a lint found, in the words of a comparison, so that rules, reports and the gate are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.edits.assemble import fingerprint
from analyzer.model import RANK, Edit, Occurrence, Polarity, Report, Side, Surface, Verdict, worst
from analyzer.rules import explain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzer.model import Location


class Found(NamedTuple):
    """One thing that was found.

    kind: of edit, as rules have it. name: the variable, function or file that it is about. effect: one sentence.
    location: where it stands. text: what tells it from others of its kind and name, or None.
    """

    kind: str
    verdict: Verdict
    name: str
    effect: str
    location: Location
    text: str | None = None


def report(canister: str, found: Iterable[Found]) -> Report:
    """Return findings as the report of a surface, worst first, then by where they stand."""
    edits: dict[str, Edit] = {}
    for one in found:
        rule = explain(Surface.STABLE, one.kind, Polarity.STATE, one.verdict, "", opt_rule=False)
        assert rule is not None, one.kind  # noqa: S101 - each kind has its rule: a test
        # Not by lines: they move. Of two alike in one place, e.g. two commands of a script, the second has its number.
        parts = (canister, rule.id, one.kind, Surface.STABLE, Polarity.STATE, one.name, one.text or "")
        number = 0
        key = fingerprint(*parts)
        while key in edits:
            number += 1
            key = fingerprint(*parts, str(number))
        occurrence = Occurrence(
            Surface.STABLE,
            Polarity.STATE,
            one.name,
            (),
            rule.id,
            one.verdict,
            () if one.verdict == Verdict.SAFE else ("state",),
            (),
            one.effect,
            opt_rule=False,
            code=None,
            more=0,
            fingerprint=key,
        )
        side = Side(_written(one.location), (one.location,))
        edits[key] = Edit(
            fingerprint("edit", key)[:12], Surface.STABLE, one.kind, None, Side(None, ()), side, [occurrence]
        )
    ordered = sorted(edits.values(), key=lambda e: (-RANK[e.verdict], e.new.locations[0].start[:3]))
    return Report(Surface.STABLE, None, [], worst([e.verdict for e in ordered]), ordered)


def _written(where: Location) -> str:
    """Return what stands at a place, as far as its first line goes."""
    start = where.start
    line = start.text[start.caret - 1 :]
    return line[: where.end_column - start.column] if where.end_line == start.line else line
