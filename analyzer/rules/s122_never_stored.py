"""What could hold no value gets a type."""

from __future__ import annotations

from analyzer.rules.rule import SAFE, STABLE, Rule

RULE = Rule(
    id="S122",
    slug="stable-never-stored",
    title="What could hold no value gets a type",
    surface=STABLE,
    edits=("type_changed",),
    causes=("never-stored",),
    verdict=SAFE,
    why="There is no value of type None, so none is stored that could not be read.",
    note="An empty array literal without a type is `[None]`.",
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
