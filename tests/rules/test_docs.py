"""The pages that follow from the rules are those that the rules give."""

from __future__ import annotations

import pytest

from tests.rules.docs import DOCS, pages


@pytest.mark.parametrize("name", ["rules.md", "coverage.md", "guide.md"])
def test_a_page_is_as_the_rules_are(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == pages()[name], "`make docs` writes it"
