"""A method is removed."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, OUT, Rule

RULE = Rule(
    id="C102",
    slug="candid-method-removed",
    title="A method is removed",
    surface=CANDID,
    polarity=OUT,
    edits=("method_removed",),
    verdict=BREAKING,
    guide=Kind.REMOVE_FUNCTION,
    why="Old clients still call it, and the canister rejects the call: it has no such method.",
    fix=(
        "keep the method until no client calls it; it may trap with a sentence that says what to call instead",
        "publish the new interface first and wait until all clients have it",
    ),
    reference="Candid specification, Upgrading and Subtyping: Services",
)
