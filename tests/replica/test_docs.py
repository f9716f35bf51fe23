"""docs/replica.md lists the rules that were not checked anywhere: each of them, and no other."""

from __future__ import annotations

import re
from collections import Counter

from tests.shared import ROOT

PAGE = (ROOT / "docs" / "replica.md").read_text("utf-8")


def test_every_recalled_rule_is_listed() -> None:
    noted = Counter(
        {
            path.relative_to(ROOT).as_posix(): count
            for path in (ROOT / "replica").rglob("*.py")
            if (count := len(re.findall(r"\brecalled\b", path.read_text("utf-8"))))
        }
    )
    assert Counter(re.findall(r"\| `(replica/[\w/]+\.py)` \|", PAGE)) == noted


def test_its_options_are_the_command_s() -> None:
    from ctxcheck.commands.replica import start  # noqa: PLC0415 - a command is loaded when it is needed

    told = set(re.findall(r"(--[a-z][a-z-]+)", PAGE[: PAGE.index("## From Python")]))
    assert told == {name for one in start.params for name in one.opts if name.startswith("--")}
