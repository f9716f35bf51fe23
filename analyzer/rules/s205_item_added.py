"""A tuple kept in stable memory grows."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S205",
    slug="stable-item-added",
    title="A tuple kept in stable memory grows",
    surface=STABLE,
    edits=("item_added",),
    verdict=BREAKING,
    moc="M0170",
    guide=Kind.ADD_REQUIRED_FIELD,
    why="Stored tuples have the length that they had.",
    fix=(
        "write a migration: `ctxcheck suggest OLD NEW` writes it, and proves it",
        "put the new data in a variable of its own",
    ),
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
