"""A method becomes one-way, or is so no longer."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, Rule

RULE = Rule(
    id="C107",
    slug="candid-oneway-changed",
    title="A method becomes one-way, or is so no longer",
    surface=CANDID,
    edits=("mode_changed",),
    causes=("oneway",),
    verdict=BREAKING,
    guide=Kind.CHANGE_SIGNATURE,
    why="Callers of a one-way method wait for nothing, callers of any other for a reply: each does the wrong thing "
    "with the other.",
    fix=("keep the method as it was and add one of another name",),
    effect_tells=True,
    reference="Candid specification, Upgrading and Subtyping: Functions",
)
