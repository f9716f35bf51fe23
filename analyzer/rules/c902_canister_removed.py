"""A canister is gone."""

from __future__ import annotations

from analyzer.rules.rule import CANDID, OUT, UNDECIDED, Rule

RULE = Rule(
    id="C902",
    slug="candid-canister-removed",
    title="A canister is gone",
    surface=CANDID,
    polarity=OUT,
    edits=("canister_removed",),
    verdict=UNDECIDED,
    why="Its clients would find nobody, unless it goes on running or has only another name. Nothing in the two "
    "versions shows which.",
    fix=("keep its interface file as long as the canister runs",),
    reference="docs/rules.md: what a version shows",
)
