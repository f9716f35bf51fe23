"""A record that the canister returns loses a required field."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, OUT, Rule

RULE = Rule(
    id="C207",
    slug="candid-required-field-removed-from-result",
    title="A record that the canister returns loses a required field",
    surface=CANDID,
    polarity=OUT,
    edits=("field_removed",),
    causes=("required",),
    verdict=BREAKING,
    guide=Kind.REMOVE_FIELD,
    why="Old clients need the field: the reply cannot be decoded, and the call fails for that client.",
    fix=(
        "keep the field and fill it with something harmless",
        "return the smaller record from a new method",
    ),
    reference="Candid specification, Upgrading and Subtyping: Records",
)
