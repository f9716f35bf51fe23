"""The migration needs a variable that the old program does not have."""

from __future__ import annotations

from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S406",
    slug="stable-variable-missing",
    title="The migration needs a variable that the old program does not have",
    surface=STABLE,
    edits=("variable_missing",),
    verdict=BREAKING,
    moc="M0263",
    why="The migration function takes a value that is not stored: the upgrade traps.",
    fix=(
        "upgrade from a version that has the variable",
        "take it out of the migration function's argument",
    ),
    reference="Motoko manual, Data persistence: Explicit migration",
)
