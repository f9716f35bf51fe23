"""Something in stable memory is no longer optional."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S504",
    slug="stable-no-longer-optional",
    title="Something in stable memory is no longer optional",
    surface=STABLE,
    edits=("opt_removed",),
    verdict=BREAKING,
    moc="M0170",
    guide=Kind.FIX_BUG,
    why="Stored values are options, and may be null.",
    fix=(
        "keep the option",
        "write a migration: `ctxcheck suggest OLD NEW` writes it, and proves it",
    ),
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
