"""A record that the canister takes loses a field."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, IN, LOSSY, Rule

RULE = Rule(
    id="C204",
    slug="candid-field-removed-from-argument",
    title="A record that the canister takes loses a field",
    surface=CANDID,
    polarity=IN,
    edits=("field_removed",),
    verdict=LOSSY,
    guide=Kind.REMOVE_FIELD,
    why="Old clients still send the field. The new version skips it without a word.",
    fix=("keep the field as `opt` as long as clients send it, and reject what can no longer be honoured",),
    reference="Candid specification, Upgrading and Subtyping: Records",
)
