"""A tuple kept in stable memory shrinks."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S206",
    slug="stable-item-removed",
    title="A tuple kept in stable memory shrinks",
    surface=STABLE,
    edits=("item_removed",),
    verdict=BREAKING,
    moc="M0170",
    guide=Kind.REMOVE_FIELD,
    why="Stored tuples have the length that they had.",
    fix=(
        "keep the part",
        "write a migration: `ctxcheck suggest OLD NEW` writes it, and proves it",
    ),
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
