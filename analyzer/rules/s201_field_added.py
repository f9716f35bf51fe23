"""A record kept in stable memory gains an optional field."""

from __future__ import annotations

from analyzer.rules.guide import Kind, Promise
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S201",
    slug="stable-field-added",
    title="A record kept in stable memory gains an optional field",
    surface=STABLE,
    edits=("field_added",),
    causes=("optional",),
    verdict=BREAKING,
    moc="M0170",
    guide=Kind.ADD_OPTIONAL_FIELD,
    promises=(Promise.AUTOMATIC_MIGRATION,),
    why="Values that are stored already have no such field. Motoko requires that the old type is a subtype of the "
    "new one, and a missing field is never filled in, not even with null.",
    fix=(
        "write a migration: `ctxcheck suggest OLD NEW` writes it, and proves it",
        "keep the record as it is, and put the new data in a variable of its own, by the same key",
    ),
    note="An optional field does not help here. The same field is safe in what clients send and receive: C202, C212.",
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
