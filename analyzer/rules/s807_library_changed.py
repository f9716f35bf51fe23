"""A package that stored types come from is another version."""

from __future__ import annotations

from analyzer.rules.rule import LOSSY, STABLE, Rule

RULE = Rule(
    id="S807",
    slug="stable-library-changed",
    title="A package that stored types come from is another version",
    surface=STABLE,
    edits=("library_changed",),
    verdict=LOSSY,
    effect_tells=True,
    why="The types of a package are stored with your data. A new version of it may change them although your "
    "own code is the same, and the upgrade is refused, or the data needs a migration.",
    fix=(
        "compare what is stored: `ctxcheck check` compiles both versions",
        "keep the version, or write a migration: `ctxcheck suggest OLD NEW`",
    ),
    reference="mops; Motoko manual, Data persistence: Compatibility",
)
