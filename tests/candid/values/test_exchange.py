"""didc and agent-js read what we write and write what we read, at the same types and at those of another version."""

from __future__ import annotations

import pytest

from tests.candid.values.exchange import exchange
from tests.oracles.needed import ask_skip_or_fail


@pytest.mark.parametrize("seed", [1, 2])
def test_random_messages_mean_the_same_to_all(seed: int) -> None:
    ask_skip_or_fail()
    made, refused, found = exchange(seed, 300)
    assert [(who, what, one.message.hex()) for one, who, what in found] == []
    assert made == 300
    assert refused > 3  # readers that refuse are met too
