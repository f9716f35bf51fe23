"""A canister is gone."""

from __future__ import annotations

from analyzer.rules.rule import STABLE, UNDECIDED, Rule

RULE = Rule(
    id="S902",
    slug="stable-canister-removed",
    title="A canister is gone",
    surface=STABLE,
    edits=("canister_removed",),
    verdict=UNDECIDED,
    why="Its data would be lost with it, unless it goes on running or has only another name. Nothing in the two "
    "versions shows which.",
    fix=("keep its signature file as long as the canister holds data",),
    reference="docs/rules.md: what a version shows",
)
