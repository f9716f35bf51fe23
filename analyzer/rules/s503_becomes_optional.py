"""Something in stable memory becomes optional."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S503",
    slug="stable-becomes-optional",
    title="Something in stable memory becomes optional",
    surface=STABLE,
    edits=("opt_added",),
    verdict=BREAKING,
    moc="M0170",
    guide=Kind.FIX_BUG,
    why="Stored values are plain values, not options. Candid reads a plain value as an option, stable memory does not.",
    fix=(
        "write a migration: `ctxcheck suggest OLD NEW` writes it, and proves it",
        "keep the type, and put what may be missing in a variable of its own",
    ),
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
