"""What the canister returns can never be there."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, SAFE, Rule

RULE = Rule(
    id="C512",
    slug="candid-never-returned",
    title="What the canister returns can never be there",
    surface=CANDID,
    edits=("type_changed",),
    causes=("never-sent",),
    verdict=SAFE,
    guide=Kind.CHANGE_SIGNATURE,
    why="There is no value of type `empty`, so none arrives that could not be read; below `opt` it leaves null. It "
    "is the official way to retire a field.",
    reference="Candid specification, Upgrading and Subtyping: Primitive Types: empty",
)
