"""A record kept in stable memory gains a required field."""

from __future__ import annotations

from analyzer.rules.guide import Kind, Promise
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S208",
    slug="stable-required-field-added",
    title="A record kept in stable memory gains a required field",
    surface=STABLE,
    edits=("field_added",),
    causes=("required",),
    verdict=BREAKING,
    moc="M0170",
    guide=Kind.ADD_REQUIRED_FIELD,
    promises=(Promise.AUTOMATIC_MIGRATION,),
    why="Values that are stored already have no such field, and nothing says what it should hold.",
    fix=(
        "write a migration: `ctxcheck suggest OLD NEW` writes it, and proves it",
        "keep the record as it is, and put the new data in a variable of its own, by the same key",
    ),
    note="An optional field does not help: S201.",
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
