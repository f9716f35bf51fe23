"""A record that the canister takes gains an optional field."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, IN, SAFE, Rule

RULE = Rule(
    id="C202",
    slug="candid-optional-field-added-to-argument",
    title="A record that the canister takes gains an optional field",
    surface=CANDID,
    polarity=IN,
    edits=("field_added",),
    verdict=SAFE,
    guide=Kind.ADD_OPTIONAL_FIELD,
    why="Old clients do not send the field, and the new version reads null.",
    note="The same field in a record of stable memory is refused: S201.",
    reference="Candid specification, Upgrading and Subtyping: Records",
)
