"""A record that the canister returns gains an optional field."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, OUT, SAFE, Rule

RULE = Rule(
    id="C212",
    slug="candid-optional-field-added-to-result",
    title="A record that the canister returns gains an optional field",
    surface=CANDID,
    polarity=OUT,
    edits=("field_added",),
    causes=("optional",),
    verdict=SAFE,
    guide=Kind.ADD_OPTIONAL_FIELD,
    why="Old clients skip fields that they do not know.",
    reference="Candid specification, Upgrading and Subtyping: Records",
)
