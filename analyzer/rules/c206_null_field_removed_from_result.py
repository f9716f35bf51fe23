"""A record that the canister returns loses a field of type null."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, OUT, Rule

RULE = Rule(
    id="C206",
    slug="candid-null-field-removed-from-result",
    title="A record that the canister returns loses a field of type null",
    surface=CANDID,
    polarity=OUT,
    edits=("field_removed",),
    causes=("null",),
    verdict=BREAKING,
    clients=("js",),
    guide=Kind.REMOVE_FIELD,
    why="Rust and Motoko clients read null. agent-js knows missing fields only of `opt` and `reserved` and throws "
    '"Cannot find required field".',
    fix=("keep the field",),
    reference="Candid specification, Upgrading and Subtyping: Records; measured with @icp-sdk/core 6.1.0",
)
