"""A record that the canister takes gains a required field."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, IN, Rule

RULE = Rule(
    id="C203",
    slug="candid-required-field-added-to-argument",
    title="A record that the canister takes gains a required field",
    surface=CANDID,
    polarity=IN,
    edits=("field_added",),
    verdict=BREAKING,
    guide=Kind.ADD_REQUIRED_FIELD,
    why="Old clients do not send the field. The argument cannot be decoded and the call traps.",
    fix=(
        "make the field optional: `opt T`",
        "take the larger record in a new method",
    ),
    reference="Candid specification, Upgrading and Subtyping: Records",
)
