"""A record that the canister returns gains a field."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, OUT, SAFE, Rule

RULE = Rule(
    id="C201",
    slug="candid-field-added-to-result",
    title="A record that the canister returns gains a field",
    surface=CANDID,
    polarity=OUT,
    edits=("field_added",),
    causes=("",),
    verdict=SAFE,
    guide=Kind.ADD_REQUIRED_FIELD,
    why="Old clients skip fields that they do not know.",
    note="Generated TypeScript and Rust types change: code that builds such a record itself no longer compiles.",
    reference="Candid specification, Upgrading and Subtyping: Records",
)
