"""A method is added."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, OUT, SAFE, Rule

RULE = Rule(
    id="C101",
    slug="candid-method-added",
    title="A method is added",
    surface=CANDID,
    polarity=OUT,
    edits=("method_added",),
    verdict=SAFE,
    guide=Kind.ADD_FUNCTION,
    why="Old clients do not know the method and never call it.",
    note="A service that is itself passed around as a value needs all the methods that its receiver knows: C109.",
    reference="Candid specification, Upgrading and Subtyping: Services",
)
