"""A stable variable is new."""

from __future__ import annotations

from analyzer.rules.guide import Promise
from analyzer.rules.rule import SAFE, STABLE, Rule

RULE = Rule(
    id="S101",
    slug="stable-variable-added",
    title="A stable variable is new",
    surface=STABLE,
    edits=("variable_added",),
    verdict=SAFE,
    promises=(Promise.BUILT_IN_ROLLBACK,),
    why="The new program initialises it; nothing that is stored is touched.",
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
