"""A variant that a stored function takes gains a case."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S304",
    slug="stable-case-added-to-stored-function",
    title="A variant that a stored function takes gains a case",
    surface=STABLE,
    edits=("case_added",),
    causes=("stored-function",),
    verdict=BREAKING,
    moc="M0170",
    guide=Kind.ADD_CASE,
    why="The function that is stored belongs to another canister, which does not know the case.",
    fix=(
        "store the canister's principal instead of its function",
        "write a migration: `ctxcheck suggest OLD NEW` writes it, and proves it",
    ),
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
