"""A stable variable has the type Any."""

from __future__ import annotations

from analyzer.rules.guide import Promise
from analyzer.rules.rule import LOSSY, STABLE, Rule

RULE = Rule(
    id="S403",
    slug="stable-variable-any",
    title="A stable variable has the type Any",
    surface=STABLE,
    edits=("variable_any", "variable_added"),
    verdict=LOSSY,
    promises=(Promise.NO_DATA_LOSS,),
    why="moc accepts it. Nothing can be read from an Any, so the variable is reset at each upgrade.",
    fix=(
        "give the variable a type",
        "make it `transient`, if nothing in it is worth keeping",
    ),
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
