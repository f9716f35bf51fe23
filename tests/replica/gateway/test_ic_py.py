"""ic-py 1.0.1, which checks nothing and reads only answers without the CBOR tag: hence the switch."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from replica.certificates.authority import Authority
from replica.http.serve import Server
from tests.replica.gateway.echo import ECHO, EchoNetwork

if TYPE_CHECKING:
    from collections.abc import Iterator

if find_spec("ic") is None:
    pytest.skip("ic-py is not installed", allow_module_level=True)

# In a process of its own: it polls for ever where it goes wrong.
CLIENT = """
import json, sys
from ic.agent import Agent
from ic.candid import Types, encode
from ic.client import Client
from ic.identity import Identity

url, canister, kind, method, anonymous = sys.argv[1:]
agent = Agent(Identity(anonymous=anonymous == "anonymous"), Client(url=url))
ask = agent.update_raw if kind == "update" else agent.query_raw
try:
    print(json.dumps(ask(canister, method, encode([{"type": Types.Text, "value": "hi"}]))))
except Exception as error:
    print(json.dumps(str(error)))
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Server(EchoNetwork(), Authority(b"tests"), for_ic_py=True) as server:
        yield server.url


@pytest.mark.parametrize(
    ("kind", "method", "told"),
    [
        pytest.param("update", "echo", [{"type": "text", "value": "hi"}], id="a call"),
        pytest.param("query", "echo", [{"type": "text", "value": "hi"}], id="a query"),
        pytest.param("update", "reject", "Rejected: no, thank you", id="a call that is rejected"),
        pytest.param("update", "refused", "Rejected: inspect_message said no", id="a call that is refused before"),
        pytest.param(
            "query", "reject", "no, thank you", id="a query that is rejected: the text, as if it were a reply"
        ),
    ],
)
@pytest.mark.parametrize("identity", ["anonymous", "ed25519"])
def test_with_the_switch(url: str, kind: str, method: str, told: object, identity: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, url, str(ECHO), kind, method, identity],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(done.stdout) == told
