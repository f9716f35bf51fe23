"""A case of a variant kept in stable memory has another name."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, STABLE, Rule

RULE = Rule(
    id="S302",
    slug="stable-case-renamed",
    title="A case of a variant kept in stable memory has another name",
    surface=STABLE,
    edits=("case_renamed",),
    verdict=BREAKING,
    moc="M0170",
    guide=Kind.CHANGE_VARIANT,
    why="A stored value may be the case of the old name.",
    fix=(
        "keep the name",
        "map it in a migration: `ctxcheck suggest OLD NEW` writes it",
    ),
    reference="Motoko manual, Data persistence: Compatibility; moc 2.2 --stable-compatible",
)
