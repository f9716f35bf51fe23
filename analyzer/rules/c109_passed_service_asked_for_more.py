"""A service that clients pass needs one more method."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, IN, Rule

RULE = Rule(
    id="C109",
    slug="candid-passed-service-asked-for-more",
    title="A service that clients pass needs one more method",
    surface=CANDID,
    polarity=IN,
    edits=("method_added",),
    verdict=BREAKING,
    guide=Kind.CHANGE_SIGNATURE,
    why="Old clients pass services without that method: the argument is refused when it is decoded.",
    fix=(
        "take the larger service in a new method",
        "take it as `opt`: old clients' services then read as null",
    ),
    reference="Candid specification, Upgrading and Subtyping: Services",
)
