"""A canister is new."""

from __future__ import annotations

from analyzer.rules.rule import SAFE, STABLE, Rule

RULE = Rule(
    id="S901",
    slug="stable-canister-added",
    title="A canister is new",
    surface=STABLE,
    edits=("canister_added",),
    verdict=SAFE,
    why="There is no data yet.",
    reference="docs/rules.md: what a version shows",
)
