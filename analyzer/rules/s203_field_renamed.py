"""A field of a record kept in stable memory has another name."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S203",
    slug="stable-field-renamed",
    title="A field of a record kept in stable memory has another name",
    surface=STABLE,
    edits=("field_renamed",),
    verdict=BREAKING,
    moc="M0170",
    guide=Kind.REMOVE_FIELD,
    why="Fields are found by their names: the stored one is gone and the new one is missing.",
    fix=(
        "keep the name",
        "rename it in a migration: `ctxcheck suggest OLD NEW` writes it",
    ),
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
