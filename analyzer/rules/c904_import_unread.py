"""A text imports a file that was not read."""

from __future__ import annotations

from analyzer.rules.rule import CANDID, OUT, UNDECIDED, Rule

RULE = Rule(
    id="C904",
    slug="candid-import-unread",
    title="A text imports a file that was not read",
    surface=CANDID,
    polarity=OUT,
    edits=("import_unread",),
    verdict=UNDECIDED,
    why="Types and methods may come from there. Files are read when a path is given; a text alone has no folder to "
    "look in.",
    fix=("give the path of the file: `ctxcheck diff old.did new.did`",),
    effect_tells=True,
    reference="Candid specification, Core Grammar: import",
)
