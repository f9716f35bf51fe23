"""A record kept in stable memory loses a field."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S202",
    slug="stable-field-removed",
    title="A record kept in stable memory loses a field",
    surface=STABLE,
    edits=("field_removed",),
    verdict=BREAKING,
    moc="M0216",
    guide=Kind.REMOVE_FIELD,
    why="What is stored in the field would be dropped. moc refuses to lose data without a word.",
    fix=(
        "keep the field",
        "drop it in a migration, where it is seen: `ctxcheck suggest OLD NEW` writes it",
    ),
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
