"""A stable variable has another name."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S402",
    slug="stable-variable-renamed",
    title="A stable variable has another name",
    surface=STABLE,
    edits=("variable_renamed",),
    verdict=BREAKING,
    moc="M0169",
    guide=Kind.REMOVE_FIELD,
    why="Variables are found by their names: the data of the old one would be discarded, and the new one starts empty.",
    fix=(
        "keep the name",
        "carry the data over in a migration: `ctxcheck suggest OLD NEW` writes it",
    ),
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
