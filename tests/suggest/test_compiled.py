"""Suggested migrations, compiled by moc, and asked whether they take over what the old version left."""

from __future__ import annotations

import pytest

from tests.oracles.needed import ask_skip_or_fail
from tests.suggest.pairs import tell


@pytest.mark.parametrize(("form", "count"), [("inline", 30), ("step", 10)])
def test_migrations_of_random_pairs_compile_and_are_accepted(form: str, count: int) -> None:
    ask_skip_or_fail()
    found = tell(20261, count, form)
    assert found.wrong == []
    assert found.answers["proven"] == count
