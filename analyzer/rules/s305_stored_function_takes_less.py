"""What a stored function takes gets narrower."""

from __future__ import annotations

from analyzer.rules.rule import SAFE, STABLE, Rule

RULE = Rule(
    id="S305",
    slug="stable-stored-function-takes-less",
    title="What a stored function takes gets narrower",
    surface=STABLE,
    edits=("case_removed", "type_changed", "opt_removed"),
    causes=("stored-function",),
    verdict=SAFE,
    why="The function that is stored understands all that it is called with.",
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
