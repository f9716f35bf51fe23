"""A service that clients pass needs fewer methods."""

from __future__ import annotations

from analyzer.rules.rule import CANDID, IN, SAFE, Rule

RULE = Rule(
    id="C108",
    slug="candid-passed-service-asked-for-less",
    title="A service that clients pass needs fewer methods",
    surface=CANDID,
    polarity=IN,
    edits=("method_removed",),
    verdict=SAFE,
    why="The new version does not call the method, so services that old clients pass may well have it.",
    reference="Candid specification, Upgrading and Subtyping: Services",
)
