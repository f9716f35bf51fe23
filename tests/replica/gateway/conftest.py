"""One server for the tests of a module."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from replica.certificates.authority import Authority
from replica.http.limits import Limits
from replica.http.serve import Server
from tests.replica.gateway.echo import EchoNetwork

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = b"tests"


class Served(NamedTuple):
    url: str
    network: EchoNetwork
    authority: Authority


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    network, authority = EchoNetwork(), Authority(SEED)
    with Server(network, authority, limits=Limits(wait=1)) as server:
        yield Served(server.url, network, authority)
