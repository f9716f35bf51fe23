"""A variable is made again that an earlier migration dropped."""

from __future__ import annotations

from analyzer.rules.rule import LOSSY, STABLE, Rule

RULE = Rule(
    id="S806",
    slug="stable-variable-again",
    title="A variable is made again that an earlier migration dropped",
    surface=STABLE,
    edits=("variable_again",),
    verdict=LOSSY,
    effect_tells=True,
    why="What the variable held was dropped. The new one has its name and nothing of its data: who reads the "
    "history may take one for the other.",
    fix=(
        "give the new variable another name",
        "where the data was meant to stay, carry it over in the migration that drops it",
    ),
    reference="Motoko manual, Data persistence: Enhanced migration",
)
