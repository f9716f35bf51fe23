"""A query becomes an update method."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, Rule

RULE = Rule(
    id="C105",
    slug="candid-query-to-update",
    title="A query becomes an update method",
    surface=CANDID,
    edits=("mode_changed",),
    causes=("to-update",),
    verdict=BREAKING,
    guide=Kind.CHANGE_SIGNATURE,
    why="Old clients send a query call to a method that is none, and are rejected.",
    fix=("keep the query and add an update method of another name",),
    effect_tells=True,
    reference="Candid specification, Upgrading and Subtyping: Functions",
)
