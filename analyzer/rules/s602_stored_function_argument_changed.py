"""What a stored function takes no longer fits."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S602",
    slug="stable-stored-function-argument-changed",
    title="What a stored function takes no longer fits",
    surface=STABLE,
    edits=("type_changed",),
    causes=("stored-function",),
    verdict=BREAKING,
    moc="M0170",
    guide=Kind.CHANGE_SIGNATURE,
    why="The function that is stored does not understand what it would be called with.",
    fix=(
        "store the canister's principal instead of its function",
        "write a migration: `ctxcheck suggest OLD NEW` writes it, and proves it",
    ),
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
