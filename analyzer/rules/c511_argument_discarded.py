"""What the canister takes becomes reserved."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, IN, LOSSY, Rule

RULE = Rule(
    id="C511",
    slug="candid-argument-discarded",
    title="What the canister takes becomes reserved",
    surface=CANDID,
    polarity=IN,
    edits=("type_changed",),
    causes=("reserved",),
    verdict=LOSSY,
    guide=Kind.CHANGE_SIGNATURE,
    why="Old clients still send values; the new version takes anything and keeps nothing of it. It is the official "
    "way to retire a field.",
    fix=("accept the change when the value is no longer wanted",),
    reference="Candid specification, Upgrading and Subtyping: Primitive Types: reserved",
)
