"""One version shows no Candid interface."""

from __future__ import annotations

from analyzer.rules.rule import CANDID, OUT, UNDECIDED, Rule

RULE = Rule(
    id="C903",
    slug="candid-interface-missing",
    title="One version shows no Candid interface",
    surface=CANDID,
    polarity=OUT,
    edits=("part_missing",),
    verdict=UNDECIDED,
    why="Nothing can be compared with nothing: what is not shown is not taken for safe.",
    fix=("put the `.did` file beside the others, or compare one surface: `--surface stable`",),
    effect_tells=True,
    reference="docs/rules.md: what a version shows",
)
