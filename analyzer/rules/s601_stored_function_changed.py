"""The type of a stored function changes."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S601",
    slug="stable-stored-function-changed",
    title="The type of a stored function changes",
    surface=STABLE,
    edits=("mode_changed", "argument_added", "argument_removed", "result_added", "result_removed", "function_changed"),
    verdict=BREAKING,
    moc="M0170",
    guide=Kind.CHANGE_SIGNATURE,
    why="The function that is stored belongs to another canister and has the type that it had.",
    fix=(
        "store the canister's principal instead of its function",
        "write a migration: `ctxcheck suggest OLD NEW` writes it, and proves it",
    ),
    effect_tells=True,
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
