"""A stable variable is declared with the type Any."""

from __future__ import annotations

from analyzer.rules.rule import LOSSY, STABLE, Rule

RULE = Rule(
    id="S808",
    slug="stable-any-declared",
    title="A stable variable is declared with the type Any",
    surface=STABLE,
    edits=("any_declared",),
    verdict=LOSSY,
    effect_tells=True,
    why="Nothing can be read from an Any, and moc resets such a variable at each upgrade.",
    fix=(
        "give the variable a type",
        "make it `transient`, if nothing in it is worth keeping",
    ),
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2",
)
