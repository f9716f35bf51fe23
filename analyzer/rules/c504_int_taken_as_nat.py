"""An argument of type int becomes nat."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, IN, Rule

RULE = Rule(
    id="C504",
    slug="candid-int-taken-as-nat",
    title="An argument of type int becomes nat",
    surface=CANDID,
    polarity=IN,
    edits=("type_changed",),
    causes=("int-as-nat",),
    verdict=BREAKING,
    guide=Kind.CHANGE_SIGNATURE,
    why="Old clients send integers, which the new version does not decode, whether they are negative or not.",
    fix=("keep `int` and reject negative numbers",),
    reference="Candid specification, Upgrading and Subtyping: Primitive Types",
)
