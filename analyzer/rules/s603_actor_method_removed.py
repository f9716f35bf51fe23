"""A stored actor reference loses a method."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S603",
    slug="stable-actor-method-removed",
    title="A stored actor reference loses a method",
    surface=STABLE,
    edits=("method_removed",),
    verdict=BREAKING,
    moc="M0216",
    guide=Kind.REMOVE_FUNCTION,
    why="What the reference can do would be dropped, as a field of a record would.",
    fix=(
        "keep the method in the type",
        "store the canister's principal",
    ),
    note="The runtime accepts it: this is refused by the compiler alone.",
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
