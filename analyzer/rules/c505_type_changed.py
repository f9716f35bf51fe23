"""A type becomes another one."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import BREAKING, CANDID, Rule

RULE = Rule(
    id="C505",
    slug="candid-type-changed",
    title="A type becomes another one",
    surface=CANDID,
    edits=("type_changed",),
    causes=("mismatch",),
    verdict=BREAKING,
    guide=Kind.CHANGE_SIGNATURE,
    why="The two types are not related: nothing converts between widths of numbers, floats, text, blobs, records "
    "and variants.",
    fix=(
        "keep the type",
        "add a method of another name for the new type",
    ),
    note="`blob` and `vec nat8` are one type in Candid; in stable memory Blob and [Nat8] are two.",
    reference="Candid specification, Upgrading and Subtyping: Primitive Types",
)
