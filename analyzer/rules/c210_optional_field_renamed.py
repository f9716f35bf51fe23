"""An optional field has another name."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, LOSSY, Rule

RULE = Rule(
    id="C210",
    slug="candid-optional-field-renamed",
    title="An optional field has another name",
    surface=CANDID,
    edits=("field_renamed",),
    opt_rule=None,
    verdict=LOSSY,
    guide=Kind.CHANGE_SIGNATURE,
    why="The official checkers accept it: the old name reads as null and the new one is skipped. The value is lost "
    "on the way, without a word.",
    fix=(
        "keep the name",
        "fill both fields as long as there are old clients",
    ),
    reference="Candid specification, Upgrading and Subtyping: Records",
)
