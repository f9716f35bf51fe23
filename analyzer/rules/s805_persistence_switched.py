"""A canister is compiled with another persistence than before."""

from __future__ import annotations

from analyzer.rules.rule import LOSSY, STABLE, Rule

RULE = Rule(
    id="S805",
    slug="stable-persistence-switched",
    title="A canister is compiled with another persistence than before",
    surface=STABLE,
    edits=("persistence_switched",),
    verdict=LOSSY,
    effect_tells=True,
    why="From classical to enhanced orthogonal persistence there is one way, once, and none back. Without the"
    " explicit flag it is refused at the upgrade.",
    fix=("rehearse the upgrade on a copy of the state, and take a snapshot before it",),
    reference="Motoko manual, Enhanced orthogonal persistence: Migration path",
)
