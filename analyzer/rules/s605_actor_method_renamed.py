"""A method of a stored actor reference has another name."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S605",
    slug="stable-actor-method-renamed",
    title="A method of a stored actor reference has another name",
    surface=STABLE,
    edits=("method_renamed",),
    verdict=BREAKING,
    moc="M0170",
    guide=Kind.CHANGE_SIGNATURE,
    why="The canister that is referred to has the method under its old name.",
    fix=(
        "keep the type of the reference",
        "store the canister's principal",
    ),
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
