"""The pages that follow from the rules are those that the rules give."""

from __future__ import annotations

import pytest

import analyzer.rules as room
from analyzer.rules import INDEX, all_rules, entry_of, index_text
from tests.rules.docs import DOCS, RULES, pages


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_page_is_as_the_rules_are(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == pages()[name], "`make docs` writes it"


def test_the_index_is_as_the_rules_are() -> None:
    assert (RULES / INDEX).read_text("utf-8") == index_text(), "`make docs` writes it"


def test_a_rule_that_the_index_does_not_know_is_found_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    known = room._modules()
    monkeypatch.setattr(room, "_modules", lambda: known[:-1])
    uncached = room._entries.__wrapped__
    room.rules.cache_clear()
    try:
        assert uncached() == tuple(entry_of(rule) for rule in all_rules())
        assert len(uncached()) == len(known) - 1
    finally:
        room.rules.cache_clear()
