"""A function that clients pass must return one more result."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, Rule

RULE = Rule(
    id="C412",
    slug="candid-callback-result-added",
    title="A function that clients pass must return one more result",
    surface=CANDID,
    edits=("result_added",),
    verdict=BREAKING,
    guide=Kind.CHANGE_SIGNATURE,
    why="Functions that old clients pass do not return it, and the reply cannot be decoded.",
    fix=("expect it as `opt`",),
    reference="Candid specification, Upgrading and Subtyping: Functions",
)
