"""A record that the canister returns loses an optional field."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, LOSSY, OUT, Rule

RULE = Rule(
    id="C205",
    slug="candid-optional-field-removed-from-result",
    title="A record that the canister returns loses an optional field",
    surface=CANDID,
    polarity=OUT,
    edits=("field_removed",),
    verdict=LOSSY,
    guide=Kind.REMOVE_FIELD,
    why="Old clients read null where they found values before.",
    fix=("keep returning the field as long as clients show it",),
    reference="Candid specification, Upgrading and Subtyping: Records",
)
