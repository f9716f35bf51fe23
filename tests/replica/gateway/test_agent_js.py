"""agent-js believes what it is told: certificates of calls and of state, and node signatures, all its checks on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from analyzer.candid.principal import Principal
from replica.certificates.authority import Authority
from replica.http.serve import Server
from tests.oracles.needed import ask_skip_or_fail
from tests.oracles.oracle import FOLDER, Oracle
from tests.replica.gateway.echo import CANDID, ECHO, MODULE_HASH, EchoNetwork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Ask: TypeAlias = Callable[..., dict[str, Any]]

HEX = b"DIDL\0\0".hex()


@pytest.fixture(scope="module")
def agent() -> Iterator[Oracle]:
    ask_skip_or_fail()
    with Oracle(FOLDER / "agent.mjs") as oracle:
        yield oracle


@pytest.fixture(scope="module", params=[False, True], ids=["root subnet", "delegated subnet"])
def ask(request: pytest.FixtureRequest, agent: Oracle) -> Iterator[Ask]:
    """Ask through agent-js, of a subnet that is the root or is delegated to."""
    authority = Authority(b"tests", delegated=request.param)
    with Server(EchoNetwork(), authority) as server:

        def answer(what: str, method: str = "echo", identity: str = "anonymous", **more: str) -> dict[str, Any]:
            question = {
                "ask": what,
                "url": server.url,
                "rootKey": authority.root_key.hex(),
                "identity": identity,
                "canister": str(ECHO),
                "method": method or str(authority.subnet),
                "hex": HEX,
            }
            (told,) = agent.ask([question | more])
            return told

        yield answer


@pytest.mark.parametrize("kind", ["update", "query"])
@pytest.mark.parametrize("identity", ["anonymous", "ed25519", "secp256k1", "p256", "delegation", "targeted"])
def test_each_identity_is_known(ask: Ask, kind: str, identity: str) -> None:
    told = ask(kind, "whoami", identity)
    assert str(Principal(bytes.fromhex(told["hex"]))) == ask("principal", identity=identity)["text"]


@pytest.mark.parametrize("kind", ["update", "query"])
@pytest.mark.parametrize(
    ("identity", "words"),
    [
        pytest.param("stranger", "not one of the targets of the delegations", id="a delegation for another canister"),
        pytest.param("expired", "Specified sender delegation has expired", id="a delegation of yesterday"),
    ],
)
def test_identities_that_are_refused(ask: Ask, kind: str, identity: str, words: str) -> None:
    told = ask(kind, "whoami", identity)
    assert "400 (Bad Request)" in told["error"]
    assert words in told["error"]


@pytest.mark.parametrize(
    ("kind", "method", "code", "error_code"),
    [
        pytest.param("update", "reject", 4, "IC0406", id="the canister rejects"),
        pytest.param("update", "trap", 5, "IC0503", id="the canister traps"),
        pytest.param("update", "refused", 4, "IC0406", id="the canister does not even look: not certified"),
        pytest.param("query", "reject", 4, "IC0406", id="a query is rejected, and the rejection is signed"),
        pytest.param("query", "missing", 5, "IC0536", id="there is no such query"),
    ],
)
def test_rejects(ask: Ask, kind: str, method: str, code: int, error_code: str) -> None:
    told = ask(kind, method, "ed25519")
    assert (told["code"], told["errorCode"]) == (code, error_code)


def test_a_call_that_takes_a_while(ask: Ask) -> None:
    assert ask("update", "slow")["hex"] == HEX


def test_what_is_certified_of_a_canister(ask: Ask) -> None:
    status = ask("status")["status"]
    assert abs(status["time"] / 1000 - time.time()) < 60
    assert status["controllers"] == ["2vxsx-fae"]
    assert status["module_hash"] == MODULE_HASH.hex()
    assert status["candid"] == CANDID.decode()
    assert len(status["subnet"]["nodeKeys"]) == 1


def test_what_is_certified_of_the_subnet(ask: Ask, request: pytest.FixtureRequest) -> None:
    status = ask("subnet", method="")["status"]
    assert len(status["nodeKeys"]) == 1
    assert len(bytes.fromhex(status["publicKey"])) == 133
    # A subnet that is not the root tells them elsewhere since v3; agent-js 6.1 asks at the old place.
    ranges = [["rwlgt-iiaaa-aaaaa-aaaaa-cai", "37pka-5h777-77777-7777q-cai"]]
    assert status["canisterRanges"] == (None if "delegated" in request.node.name else ranges)


@pytest.mark.parametrize("kind", ["update", "query"])
def test_another_root_key_is_not_believed(ask: Ask, kind: str) -> None:
    told = ask(kind, rootKey=Authority(b"others").root_key.hex())
    assert "Certificate verification error" in told["error"]


def test_the_root_key_may_be_fetched(ask: Ask) -> None:
    assert ask("update", rootKey="")["hex"] == HEX
