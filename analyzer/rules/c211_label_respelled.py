"""A label is written in another way."""

from __future__ import annotations

from analyzer.rules.rule import CANDID, SAFE, Rule

RULE = Rule(
    id="C211",
    slug="candid-label-respelled",
    title="A label is written in another way",
    surface=CANDID,
    edits=("field_renamed", "case_renamed"),
    causes=("same-id",),
    verdict=SAFE,
    why="A name and the number that it hashes to are the same label: nothing changes on the wire.",
    reference="Candid specification, Core Grammar: field ids",
)
