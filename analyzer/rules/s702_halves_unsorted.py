"""The two halves of a signature are not in the order of their names."""

from __future__ import annotations

from analyzer.rules.rule import STABLE, UNDECIDED, Rule

RULE = Rule(
    id="S702",
    slug="stable-halves-unsorted",
    title="The two halves of a signature are not in the order of their names",
    surface=STABLE,
    edits=("halves_unsorted",),
    verdict=UNDECIDED,
    why="moc takes its marks of what is required in the order of the text, and the variables in the order of their "
    "names: with the two at odds it asks for the wrong ones.",
    fix=("use the signature as the compiler writes it, it is always sorted",),
    reference="moc 2.2, stable compatibility of hand-written signatures",
)
