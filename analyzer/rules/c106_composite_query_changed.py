"""A method becomes a composite query, or is one no longer."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, Rule

RULE = Rule(
    id="C106",
    slug="candid-composite-query-changed",
    title="A method becomes a composite query, or is one no longer",
    surface=CANDID,
    edits=("mode_changed",),
    causes=("composite_query",),
    verdict=BREAKING,
    guide=Kind.CHANGE_SIGNATURE,
    why="A composite query can be called neither as an update nor by another canister. One that becomes something "
    "else is called the wrong way by old clients.",
    fix=("keep the method as it was and add one of another name",),
    effect_tells=True,
    reference="Candid specification, Upgrading and Subtyping: Functions",
)
