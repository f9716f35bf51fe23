"""An update method becomes a query."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, Rule

RULE = Rule(
    id="C104",
    slug="candid-update-to-query",
    title="An update method becomes a query",
    surface=CANDID,
    edits=("mode_changed",),
    causes=("to-query",),
    verdict=BREAKING,
    guide=Kind.CHANGE_SIGNATURE,
    why="The mode is part of a function's type. Old clients still call it as an update: it then runs replicated, "
    "and what it changes is thrown away.",
    fix=("keep the update and add a query of another name",),
    effect_tells=True,
    reference="Candid specification, Upgrading and Subtyping: Functions",
)
