"""A function that the canister returns takes one argument less than old clients know."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, Rule

RULE = Rule(
    id="C404",
    slug="candid-callback-argument-removed",
    title="A function that the canister returns takes one argument less than old clients know",
    surface=CANDID,
    edits=("argument_removed",),
    verdict=BREAKING,
    guide=Kind.CHANGE_SIGNATURE,
    why="The canister calls functions that clients pass, without an argument that they need.",
    fix=("keep passing the argument",),
    reference="Candid specification, Upgrading and Subtyping: Functions",
)
