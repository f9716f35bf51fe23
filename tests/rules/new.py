"""Start a rule: `make new-rule ID=S209 NAME=field-moved` writes its file and its example, which the tests then ask to fill."""

from __future__ import annotations

import re
import sys

from analyzer.rules import find
from tests.shared import ROOT

FILE = '''"""TITLE."""

from __future__ import annotations

from analyzer.rules.rule import {verdict}, {surface}, Rule

RULE = Rule(
    id="{id}",
    slug="{slug}",
    title="TITLE",
    surface={surface},
    edits=("EDIT",),
    verdict={verdict},
    why="WHY.",
    fix=("FIX",),
    reference="REFERENCE",
)
'''
EXAMPLES = {"S": ("most", "actor {\n  stable var x : Nat;\n};\n"), "C": ("did", "service : {\n  m : () -> (nat);\n}\n")}


def main(rule_id: str, name: str) -> str:
    """Write the files of a rule and return what is left to do. Raises SystemExit where the id or the name will not do."""
    if not re.fullmatch(r"[SC]\d{3}", rule_id) or not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        sys.exit("usage: make new-rule ID=S209 NAME=field-moved (S: stable, C: candid; small letters and hyphens)")
    if find(rule_id) is not None:
        sys.exit(f"there is a rule {rule_id} already: `ctxcheck explain {rule_id}`")
    surface = {"S": "stable", "C": "candid"}[rule_id[0]]
    module = ROOT / "analyzer" / "rules" / f"{rule_id.lower()}_{name.replace('-', '_')}.py"
    text = FILE.format(id=rule_id, slug=f"{surface}-{name}", surface=surface.upper(), verdict="BREAKING")
    module.write_text(text, "utf-8")
    folder = ROOT / "fixtures" / "rules" / rule_id
    folder.mkdir(parents=True)
    suffix, example = EXAMPLES[rule_id[0]]
    for side in ("old", "new", "miss"):
        (folder / f"{side}.{suffix}").write_text(example, "utf-8")
    return (
        f"{module.relative_to(ROOT)}: what is in capitals\n"
        f"{folder.relative_to(ROOT)}/: old and new, which the rule covers, and miss, which it does not\n"
        "then: make docs, pytest tests/rules --snapshot-update, make test\n"
    )


if __name__ == "__main__":
    sys.stdout.write(main(*(sys.argv[1:] if len(sys.argv) == 3 else ("", ""))))
