"""The official answer was not found in time."""

from __future__ import annotations

from analyzer.rules.rule import CANDID, OUT, UNDECIDED, Rule

RULE = Rule(
    id="C905",
    slug="candid-answer-unknown",
    title="The official answer was not found in time",
    surface=CANDID,
    polarity=OUT,
    edits=("answer_unknown",),
    verdict=UNDECIDED,
    why="The official checker's answer depends on the order in which it tries things, and trying them took more "
    "steps than ctxcheck takes. The other findings stand.",
    fix=("ask the official checker: `didc check new.did old.did`",),
    effect_tells=True,
    reference="candid 0.10, subtype.rs",
)
