"""A method has another name."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, Rule

RULE = Rule(
    id="C103",
    slug="candid-method-renamed",
    title="A method has another name",
    surface=CANDID,
    edits=("method_renamed",),
    verdict=BREAKING,
    guide=Kind.REMOVE_FUNCTION,
    why="Methods are called by their names, to the letter: old clients call the old one and are rejected.",
    fix=("keep the old name beside the new one and let both do the same",),
    reference="Candid specification, Upgrading and Subtyping: Services",
)
