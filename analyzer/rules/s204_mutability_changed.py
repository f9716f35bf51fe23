"""Something in stable memory becomes mutable, or is so no longer."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S204",
    slug="stable-mutability-changed",
    title="Something in stable memory becomes mutable, or is so no longer",
    surface=STABLE,
    edits=("mutability_changed",),
    verdict=BREAKING,
    moc="M0170",
    guide=Kind.IMPROVE_SPEED,
    why="What can change and what cannot are laid out differently in memory.",
    fix=(
        "write a migration: `ctxcheck suggest OLD NEW` writes it, and proves it",
        "a whole variable may change between `let` and `var`: only what is inside its type counts",
    ),
    note="The runtime up to moc 2.2.0 accepts this change and misreads the memory afterwards: moc's refusal is what "
    "protects the data.",
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
