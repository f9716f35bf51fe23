"""The types are too large or too deep to be decided."""

from __future__ import annotations

from analyzer.rules.rule import STABLE, UNDECIDED, Rule

RULE = Rule(
    id="S703",
    slug="stable-types-unsure",
    title="The types are too large or too deep to be decided",
    surface=STABLE,
    edits=("types_unsure",),
    verdict=UNDECIDED,
    why="The compiler gives up on such types too, or takes very long. What cannot be proven safe blocks.",
    fix=("ask the compiler: `moc --stable-compatible old.most new.most`",),
    effect_tells=True,
    reference="moc 2.2 gives up at 10,000 levels",
)
