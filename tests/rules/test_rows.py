"""Each known kind of change falls under exactly its rules, or is no change at all."""

from __future__ import annotations

import pytest

from analyzer.model import Surface
from tests.rules.met import edits_of_texts, rules_met
from tests.rules.rows import CANDID, CANDID_TEXTS, STABLE, STABLE_TEXTS, Row


def named(rows: tuple[Row, ...]) -> list[object]:
    return [pytest.param(row, id=f"{row.change} ({row.place})") for row in rows]


@pytest.mark.parametrize("row", named((*CANDID, *CANDID_TEXTS)))
def test_candid(row: Row) -> None:
    old, new = (text if row.place == "text" else f"service : {{ {text} }}" for text in (row.old, row.new))
    options = dict.fromkeys(row.options, True)
    assert rules_met(edits_of_texts(Surface.CANDID, old, new, **options)) == sorted(row.rules)


@pytest.mark.parametrize("row", named((*STABLE, *STABLE_TEXTS)))
def test_stable(row: Row) -> None:
    old, new = (text if row.place == "text" else f"actor {{ {text} }};" for text in (row.old, row.new))
    assert rules_met(edits_of_texts(Surface.STABLE, old, new)) == sorted(row.rules)
