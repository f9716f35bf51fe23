"""A variable is new and no migration produces it."""

from __future__ import annotations

from analyzer.rules.guide import Promise
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S407",
    slug="stable-variable-added-behind-chain",
    title="A variable is new and no migration produces it",
    surface=STABLE,
    edits=("variable_added",),
    verdict=BREAKING,
    promises=(Promise.AUTOMATIC_MIGRATION,),
    why="With a chain of migrations variables have no initialisers. moc accepts the pair, and the canister traps at "
    "the upgrade: not found in persisted state.",
    fix=("add a migration that produces the variable",),
    reference="Motoko manual, Data persistence: Enhanced migration",
)
