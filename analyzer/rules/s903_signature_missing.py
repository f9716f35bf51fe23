"""One version shows no stable signature."""

from __future__ import annotations

from analyzer.rules.rule import STABLE, UNDECIDED, Rule

RULE = Rule(
    id="S903",
    slug="stable-signature-missing",
    title="One version shows no stable signature",
    surface=STABLE,
    edits=("part_missing",),
    verdict=UNDECIDED,
    why="Nothing can be compared with nothing: what is not shown is not taken for safe.",
    fix=(
        "let the compiler write it: `moc --stable-types`, and put the `.most` file beside the others",
        "compare one surface: `--surface candid`",
    ),
    effect_tells=True,
    reference="docs/rules.md: what a version shows",
)
