"""The official checkers refuse it, and ctxcheck does not know why."""

from __future__ import annotations

from analyzer.rules.rule import BREAKING, CANDID, Rule

RULE = Rule(
    id="C000",
    slug="candid-unexplained",
    title="The official checkers refuse it, and ctxcheck does not know why",
    surface=CANDID,
    edits=("unexplained",),
    verdict=BREAKING,
    why="The relation is the official one and its no always counts. No difference between the two texts was found "
    "that accounts for it.",
    fix=(
        "ask the official checker: `didc check new.did old.did`",
        "report the pair of texts as a fault of ctxcheck",
    ),
    effect_tells=True,
    reference="docs/rules.md: the relation decides, the rules explain",
)
