"""A canister is new."""

from __future__ import annotations

from analyzer.rules.rule import CANDID, OUT, SAFE, Rule

RULE = Rule(
    id="C901",
    slug="candid-canister-added",
    title="A canister is new",
    surface=CANDID,
    polarity=OUT,
    edits=("canister_added",),
    verdict=SAFE,
    why="There are no clients yet.",
    reference="docs/rules.md: what a version shows",
)
