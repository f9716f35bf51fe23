"""The rules: one file each, found by its presence, named after its id and slug (`s201_field_added.py`).

A relation decides what a change does; a rule explains it. Beside each rule stands an example under
`fixtures/rules/<id>/`: `old` and `new`, which it covers, and `miss`, which it must not.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from analyzer.model import Surface

if TYPE_CHECKING:
    from analyzer.model import Polarity, Verdict
    from analyzer.rules.rule import Rule

_LETTERS = {Surface.STABLE: "s", Surface.CANDID: "c"}
_ID_LENGTH = 4
GENERAL = {Surface.STABLE: "S000", Surface.CANDID: "C000"}  # the rules that explain nothing


@cache
def _modules() -> tuple[str, ...]:
    names = (name[:-3] for name in os.listdir(os.path.dirname(__file__)) if name.endswith(".py"))  # noqa: PTH208, PTH120 - pathlib is not loaded by a diff
    return tuple(sorted(name for name in names if name[1:_ID_LENGTH].isdigit() and name[_ID_LENGTH] == "_"))


def _load(module: str) -> Rule:
    rule: Rule = import_module(f"{__name__}.{module}").RULE
    return rule


@cache
def rules(surface: Surface) -> tuple[Rule, ...]:
    """Return all rules of a surface, by id."""
    return tuple(_load(module) for module in _modules() if module[0] == _LETTERS[surface])


def all_rules() -> tuple[Rule, ...]:
    """Return all rules, those of the stable surface first."""
    return tuple(rule for surface in Surface for rule in rules(surface))


@cache
def find(rule_id: str) -> Rule | None:
    """Return a rule by its id; None where there is none. Loads no other rule."""
    wanted = rule_id.lower()
    return next((_load(module) for module in _modules() if module[:_ID_LENGTH] == wanted), None)


@cache
def _by_edit(surface: Surface) -> dict[str, list[Rule]]:
    table: dict[str, list[Rule]] = {}
    for rule in rules(surface):
        for edit in rule.edits:
            table.setdefault(edit, []).append(rule)
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
) -> Rule | None:
    """Return the rule that an occurrence falls under; None where none explains it. At most one covers it: a test."""
    for rule in _by_edit(surface).get(edit, ()):
        if rule.covers(edit, polarity, verdict, cause, opt_rule=opt_rule):
            return rule
    return None
