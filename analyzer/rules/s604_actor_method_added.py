"""A stored actor reference gains a method."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S604",
    slug="stable-actor-method-added",
    title="A stored actor reference gains a method",
    surface=STABLE,
    edits=("method_added",),
    verdict=BREAKING,
    moc="M0170",
    guide=Kind.ADD_FUNCTION,
    why="The canister that is referred to may not have the method.",
    fix=(
        "keep the type of the reference",
        "store the canister's principal",
    ),
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
