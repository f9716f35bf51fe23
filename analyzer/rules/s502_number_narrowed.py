"""An Int in stable memory becomes a Nat."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S502",
    slug="stable-number-narrowed",
    title="An Int in stable memory becomes a Nat",
    surface=STABLE,
    edits=("type_changed",),
    causes=("narrowed",),
    verdict=BREAKING,
    moc="M0170",
    guide=Kind.FIX_BUG,
    why="A stored integer may be negative.",
    fix=(
        "keep Int",
        "write a migration: `ctxcheck suggest OLD NEW` writes it, and proves it",
    ),
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
