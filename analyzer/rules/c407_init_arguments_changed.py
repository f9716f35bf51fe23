"""The arguments of the installation change."""

from __future__ import annotations

from analyzer.rules.rule import CANDID, SAFE, Rule

RULE = Rule(
    id="C407",
    slug="candid-init-arguments-changed",
    title="The arguments of the installation change",
    surface=CANDID,
    edits=(
        "argument_added",
        "argument_removed",
        "result_added",
        "result_removed",
        "field_added",
        "field_removed",
        "field_renamed",
        "case_added",
        "case_removed",
        "case_renamed",
        "method_added",
        "method_removed",
        "method_renamed",
        "mode_changed",
        "type_changed",
        "opt_added",
        "opt_removed",
    ),
    causes=("init",),
    verdict=SAFE,
    why="Only who installs or upgrades the canister passes them: clients see nothing of it.",
    note="The upgrade itself takes arguments of the new type: `ctxcheck plan` encodes them against it.",
    reference="Candid specification, Upgrading and Subtyping: Services",
)
