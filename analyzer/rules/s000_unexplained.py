"""moc refuses it, and ctxcheck does not know why."""

from __future__ import annotations

from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S000",
    slug="stable-unexplained",
    title="moc refuses it, and ctxcheck does not know why",
    surface=STABLE,
    edits=("unexplained",),
    verdict=BREAKING,
    why="The relation is moc's and its no always counts. No difference between the two signatures was found that "
    "accounts for it.",
    fix=(
        "ask the compiler: `moc --stable-compatible old.most new.most`",
        "report the pair of texts as a fault of ctxcheck",
    ),
    effect_tells=True,
    reference="docs/rules.md: the relation decides, the rules explain",
)
