"""Something under `opt` no longer fits, and reads as null."""

from __future__ import annotations

from analyzer.rules.guide import Kind
from analyzer.rules.rule import CANDID, LOSSY, Rule

RULE = Rule(
    id="C510",
    slug="candid-changed-under-opt",
    title="Something under `opt` no longer fits, and reads as null",
    surface=CANDID,
    edits=(
        "type_changed",
        "opt_added",
        "opt_removed",
        "field_added",
        "field_removed",
        "method_added",
        "method_removed",
        "method_renamed",
        "mode_changed",
        "argument_added",
        "argument_removed",
        "result_added",
    ),
    opt_rule=True,
    verdict=LOSSY,
    guide=Kind.CHANGE_SIGNATURE,
    why="The special rule for `opt` accepts any change below it: a value that does not fit reads as null. Nobody is "
    "told. didc warns, dfx and icp-cli refuse it.",
    fix=(
        "keep the type, and add a field or method of another name",
        "to retire a field, say so: `opt empty` in a result, `reserved` in an argument",
    ),
    reference="Candid specification, Upgrading and Subtyping: Options",
)
