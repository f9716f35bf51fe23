"""icp-cli (agent-rs) believes what it is told: certificates, and query signatures, which it checks by default."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from replica.certificates.authority import Authority
from replica.http.serve import Server
from tests.replica.gateway.echo import CANDID, ECHO, MODULE_HASH, EchoNetwork
from tests.replica.icp import icp_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.replica.icp import Icp

AUTHORITY = Authority(b"tests")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Server(EchoNetwork(), AUTHORITY) as server:
        yield server.url


@pytest.fixture
def icp(tmp_path: Path) -> Icp:
    return icp_in(tmp_path)


def on(url: str, authority: Authority = AUTHORITY) -> tuple[str, ...]:
    return ("-n", url, "-k", authority.root_key.hex())


def test_ping(icp: Icp, url: str) -> None:
    done = icp("network", "ping", url)
    assert done.returncode == 0, done.stderr
    assert bytes(json.loads(done.stdout)["root_key"]) == AUTHORITY.root_key


CALLS = pytest.mark.parametrize("call", [("put",), ("echo", "--query")], ids=["update", "query"])


@CALLS
def test_call(icp: Icp, url: str, call: tuple[str, ...]) -> None:
    done = icp("canister", "call", str(ECHO), *call, '(blob "hello")', *on(url))
    assert done.returncode == 0, done.stderr
    assert 'blob "hello"' in done.stdout


@pytest.mark.parametrize(
    ("method", "query", "words"),
    [
        pytest.param("trap", (), "IC0503", id="a trap, certified"),
        pytest.param("refused", (), "inspect_message said no", id="refused before it is a call"),
        pytest.param("reject", ("--query",), "no, thank you", id="a query that is rejected, and signed"),
    ],
)
def test_rejects(icp: Icp, url: str, method: str, query: tuple[str, ...], words: str) -> None:
    done = icp("canister", "call", str(ECHO), method, "()", *query, *on(url))
    assert done.returncode == 1
    assert words in done.stderr


def test_status_and_metadata(icp: Icp, url: str) -> None:
    done = icp("canister", "status", str(ECHO), "--public", *on(url))
    assert done.returncode == 0, done.stderr
    assert MODULE_HASH.hex() in done.stdout
    assert "2vxsx-fae" in done.stdout
    done = icp("canister", "metadata", str(ECHO), "candid:service", *on(url))
    assert done.stdout.strip() == CANDID.decode()
    done = icp("canister", "metadata", str(ECHO), "nothing", *on(url))
    assert done.returncode == 1


@CALLS
def test_another_root_key_is_not_believed(icp: Icp, url: str, call: tuple[str, ...]) -> None:
    done = icp("canister", "call", str(ECHO), *call, '(blob "")', *on(url, Authority(b"others")))
    assert done.returncode == 1
    assert "certificate" in done.stderr.lower()


@CALLS
def test_a_delegated_subnet(icp: Icp, call: tuple[str, ...]) -> None:
    authority = Authority(b"tests", delegated=True)
    with Server(EchoNetwork(), authority) as server:
        done = icp("canister", "call", str(ECHO), *call, '(blob "hello")', *on(server.url, authority))
        assert done.returncode == 0, done.stderr
