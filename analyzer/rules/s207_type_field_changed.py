"""A type inside a stored record is defined otherwise."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S207",
    slug="stable-type-field-changed",
    title="A type inside a stored record is defined otherwise",
    surface=STABLE,
    edits=("type_field_changed",),
    verdict=BREAKING,
    moc="M0170",
    guide=Kind.FIX_BUG,
    why="A type that is a field of an object keeps exactly its definition.",
    fix=("keep the definition",),
    note="The runtime does not see type fields: this is refused by the compiler alone.",
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
