"""The server as its caller has it: where it listens, how it ends, what it loads."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from replica.certificates.authority import Authority
from replica.http.limits import Limits
from replica.http.serve import Server
from tests.replica.gateway.echo import EchoNetwork
from tests.replica.gateway.sender import anonymous, ask, call_path, content, post
from tests.shared import ROOT

AUTHORITY = Authority(b"tests")


def test_it_listens_on_a_free_port_of_loopback() -> None:
    with Server(EchoNetwork(), AUTHORITY) as one, Server(EchoNetwork(), AUTHORITY) as two:
        assert one.url != two.url
        assert one.url.startswith("http://127.0.0.1:")
        assert ask(one.url, "GET", "/api/v2/status").status == 200


def test_it_listens_on_loopback_of_ipv6() -> None:
    try:
        server = Server(EchoNetwork(), AUTHORITY, host="::1")
    except OSError:
        pytest.skip("there is no IPv6 here")
    with server:
        assert ask(server.url, "GET", "/api/v2/status").status == 200


def test_it_listens_elsewhere_only_when_told_to() -> None:
    everywhere = "0.0.0.0"  # noqa: S104 that is the point
    with pytest.raises(ValueError, match="no loopback address"):
        Server(EchoNetwork(), AUTHORITY, host=everywhere)
    with Server(EchoNetwork(), AUTHORITY, host=everywhere, anywhere=True) as server:
        url = server.url.replace(everywhere, "127.0.0.1")
        assert ask(url, "GET", "/api/v2/status", headers={"host": "replica.example"}).status == 200


def test_a_port_that_is_taken_is_an_error_at_once() -> None:
    with Server(EchoNetwork(), AUTHORITY) as server, pytest.raises(OSError, match="in use"):
        Server(EchoNetwork(), AUTHORITY, port=int(server.url.rpartition(":")[2]))


def test_it_ends_at_once_and_its_port_is_free() -> None:
    before = threading.active_count()
    server = Server(EchoNetwork(), AUTHORITY)
    ask(server.url, "GET", "/api/v2/status")
    port = int(server.url.rpartition(":")[2])
    idle = socket.create_connection(("127.0.0.1", port))
    start = time.monotonic()
    server.stop()
    server.stop()
    assert time.monotonic() - start < 2
    idle.close()
    assert threading.active_count() == before
    with Server(EchoNetwork(), AUTHORITY, port=port) as again:
        assert ask(again.url, "GET", "/api/v2/status").status == 200


def test_what_is_being_answered_is_finished_first() -> None:
    server = Server(EchoNetwork(), AUTHORITY)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(post, server.url, call_path(), anonymous(content(method_name="slow")))
        time.sleep(0.1)
        server.stop()
        assert slow.result().status == 200


def test_a_call_that_runs_for_ever_does_not_keep_others_waiting() -> None:
    network = EchoNetwork()
    network.patience = 1.0
    with Server(network, AUTHORITY, limits=Limits(wait=0.5)) as server, ThreadPoolExecutor(20) as pool:
        body = [anonymous(content(method_name="blocking")) for _ in range(12)]
        slow = [pool.submit(post, server.url, call_path(), one) for one in body]
        time.sleep(0.2)
        start = time.monotonic()
        query = post(server.url, call_path().replace("v4", "v3").replace("call", "query"), anonymous(content("query")))
        assert query.status == 200
        assert time.monotonic() - start < 0.3
        assert {one.result().status for one in slow} == {202}


def test_the_package_loads_nothing_heavy() -> None:
    heavy = ("cbor2", "cryptography", "py_arkworks_bls12381", "uvicorn", "h11", "asyncio", "wasmtime")
    code = f"import sys, replica, replica.certificates, replica.requests, replica.http; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
