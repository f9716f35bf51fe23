"""The embedded network does what the stories say that the Internet Computer does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replica import Replica
from tests.conformance.stories import STORIES, Story
from tests.conformance.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with Replica() as ic, ic.serve() as server:
        yield World(server.url)


@pytest.mark.parametrize("story", [pytest.param(one, id=one.title) for one in STORIES])
def test_a_story(world: World, story: Story) -> None:
    table = list(story.tell(world))
    assert [(what, seen) for what, seen, _ in table] == [(what, expected) for what, _, expected in table]
    assert story.source
