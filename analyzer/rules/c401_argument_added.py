"""A method takes one more argument, which may be missing."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, SAFE, Rule

RULE = Rule(
    id="C401",
    slug="candid-argument-added",
    title="A method takes one more argument, which may be missing",
    surface=CANDID,
    edits=("argument_added",),
    causes=("optional", ""),
    verdict=SAFE,
    guide=Kind.ADD_OPTIONAL_FIELD,
    why="Old clients do not send it, and the new version reads null. Arguments count as a record with the fields 0, "
    "1, 2 and so on: this holds behind all others only.",
    reference="Candid specification, Upgrading and Subtyping: Functions",
)
