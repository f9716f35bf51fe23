"""A field has another name."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, Rule

RULE = Rule(
    id="C209",
    slug="candid-field-renamed",
    title="A field has another name",
    surface=CANDID,
    edits=("field_renamed",),
    opt_rule=None,
    verdict=BREAKING,
    guide=Kind.CHANGE_SIGNATURE,
    why="A field travels under the hash of its name. Under another name it is a field that is gone and one that is "
    "new, and one side needs what the other does not send.",
    fix=(
        "keep the name",
        "add the new one as `opt` beside the old one, and fill both",
    ),
    reference="Candid specification, Upgrading and Subtyping: Records",
)
