"""The rules: one file each, found by its presence, named after its id and slug (`s201_field_added.py`).

A relation decides what a change does; a rule explains it. Beside each rule stands an example under
`fixtures/rules/<id>/`: `old` and `new`, which it covers, and `miss`, which it must not.
"""

from __future__ import annotations

import json
import os
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from analyzer.model import Surface

if TYPE_CHECKING:
    from analyzer.model import Polarity, Verdict
    from analyzer.rules.rule import Rule

_LETTERS = {Surface.STABLE: "s", Surface.CANDID: "c"}
_ID_LENGTH = 4
INDEX = "index.json"  # made by `make docs`, so that a comparison loads no more rules than it tells of
INSTALLER = "init"  # the cause of whatever concerns only who installs the canister
GENERAL = {Surface.STABLE: "S000", Surface.CANDID: "C000"}  # the rules that explain nothing


@cache
def _modules() -> tuple[str, ...]:
    names = (name[:-3] for name in os.listdir(os.path.dirname(__file__)) if name.endswith(".py"))  # noqa: PTH208, PTH120 - pathlib is not loaded by a diff
    return tuple(sorted(name for name in names if name[1:_ID_LENGTH].isdigit() and name[_ID_LENGTH] == "_"))


def _load(module: str) -> Rule:
    rule: Rule = import_module(f"{__name__}.{module}").RULE
    return rule


class Entry(NamedTuple):
    """What a rule covers, as `Rule` has it: all that it takes to find the rule of an occurrence."""

    id: str
    edits: tuple[str, ...]
    verdict: str
    polarity: str | None
    causes: tuple[str, ...] | None
    opt_rule: bool | None
    guide_only: bool

    def covers(self, edit: str, polarity: str, verdict: str, cause: str, *, opt_rule: bool) -> bool:
        """Answer whether an occurrence falls under the rule."""
        return (
            edit in self.edits
            and verdict == self.verdict
            and (self.polarity is None or polarity == self.polarity)
            and (cause != INSTALLER if self.causes is None else cause in self.causes)
            and (self.opt_rule is None or opt_rule == self.opt_rule)
        )


@cache
def rules(surface: Surface) -> tuple[Rule, ...]:
    """Return all rules of a surface, by id."""
    return tuple(_load(module) for module in _modules() if module[0] == _LETTERS[surface])


def is_lint(rule_id: str) -> bool:
    """Tell whether a rule is of one version alone, and not of a change."""
    return rule_id.startswith("S8")


def all_rules() -> tuple[Rule, ...]:
    """Return all rules, those of the stable surface first."""
    return tuple(rule for surface in Surface for rule in rules(surface))


@cache
def find(rule_id: str) -> Rule | None:
    """Return a rule by its id; None where there is none. Loads no other rule."""
    wanted = rule_id.lower()
    return next((_load(module) for module in _modules() if module[:_ID_LENGTH] == wanted), None)


def entry_of(rule: Rule) -> Entry:
    """Return what a rule covers."""
    return Entry(rule.id, rule.edits, rule.verdict, rule.polarity, rule.causes, rule.opt_rule, rule.guide_only)


@cache
def _entries() -> tuple[Entry, ...]:
    """Return what all rules cover: as `index.json` has it, or from the rules where it is not of these files."""
    with open(os.path.join(os.path.dirname(__file__), INDEX), encoding="utf-8") as file:  # noqa: PTH123, PTH118, PTH120
        index = json.load(file)
    if index["modules"] != list(_modules()):
        return tuple(map(entry_of, all_rules()))
    return tuple(
        Entry(row[0], tuple(row[1]), row[2], row[3], None if row[4] is None else tuple(row[4]), row[5], row[6])
        for row in index["rules"]
    )


def index_text() -> str:
    """Return what `index.json` is to hold."""
    rows = [json.dumps(entry_of(rule)) for rule in all_rules()]
    return f'{{"modules": {json.dumps(_modules())},\n"rules": [\n' + ",\n".join(rows) + "\n]}\n"


@cache
def _by_edit(letter: str) -> dict[str, list[Entry]]:
    table: dict[str, list[Entry]] = {}
    for entry in _entries():
        if entry.id[0].lower() == letter:
            for edit in entry.edits:
                table.setdefault(edit, []).append(entry)
    return table


@cache
def explain(
    surface: Surface,
    edit: str,
    polarity: Polarity,
    verdict: Verdict,
    cause: str,
    *,
    opt_rule: bool,
) -> Entry | None:
    """Return what covers an occurrence; None where no rule does. At most one covers it: a test."""
    for entry in _by_edit(_LETTERS[surface]).get(edit, ()):
        if entry.covers(edit, polarity, verdict, cause, opt_rule=opt_rule):
            return entry
    return None
