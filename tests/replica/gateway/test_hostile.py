"""Clients that mean no good, or are just slow: the right status, bounded time and memory, and others are still served."""

from __future__ import annotations

import asyncio
import os
import socket
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import cbor2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from replica.certificates.authority import Authority
from replica.http.app import Gateway
from replica.http.limits import Limits
from replica.http.serve import Server
from tests.replica.gateway.echo import ECHO, LARGE, EchoNetwork
from tests.replica.gateway.sender import (
    Fields,
    Sender,
    anonymous,
    ask,
    call_path,
    content,
    encoded,
    post,
    query_path,
    state_path,
)
from tests.replica.gateway.test_cbor import ITEMS

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1024 * 1024
ALICE = Sender()
HEADERS = [(b"host", b"localhost"), (b"content-type", b"application/cbor")]
PATHS = [call_path(2), call_path(4), query_path(), state_path(), f"/api/v3/subnet/{ECHO}/read_state"]


@pytest.fixture(scope="module")
def hasty() -> Iterator[str]:
    """Serve with little patience."""
    limits = Limits(wait=0.2, header=0.5, reading=0.5, idle=1, connections=16, drain=8 * MIB)
    with Server(EchoNetwork(), Authority(b"tests"), limits=limits) as server:
        yield server.url


@pytest.fixture(scope="module")
def app() -> Iterator[Gateway]:
    gateway = Gateway(EchoNetwork(), Authority(b"tests"), limits=Limits(wait=0.2))
    yield gateway
    gateway.close()


def answered(app: Gateway, path: str, body: bytes) -> int:
    """Return the status of one POST, without a server."""

    async def run() -> int:
        statuses: list[int] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(event: dict[str, Any]) -> None:
            if event["type"] == "http.response.start":
                statuses.append(event["status"])

        scope = {"type": "http", "method": "POST", "path": path, "headers": HEADERS}
        await app(scope, receive, send)
        (status,) = statuses
        return status

    return asyncio.run(run())


def signed(fields: Fields) -> bytes:
    try:
        return encoded(ALICE.envelope(fields))
    except ValueError:  # what has no hash cannot be signed
        return encoded({"content": fields, "sender_pubkey": ALICE.der, "sender_sig": bytes(64)})


CONTENTS = st.builds(
    lambda kind, changes: content(kind) | changes,
    st.sampled_from(["call", "query", "read_state"]),
    st.dictionaries(
        st.sampled_from(
            ["request_type", "sender", "nonce", "canister_id", "method_name", "arg", "paths", "sender_info"]
        ),
        ITEMS,
        max_size=2,
    ),
)
BODIES = st.one_of(
    st.binary(max_size=100),
    ITEMS.map(cbor2.dumps),
    CONTENTS.map(anonymous),
    CONTENTS.map(signed),
    st.tuples(CONTENTS.map(anonymous), st.integers(0, 200)).map(lambda pair: pair[0][: pair[1]]),
)


@given(st.sampled_from(PATHS), BODIES)
@settings(max_examples=400, deadline=2000)
@example(call_path(4), b"\x81" * MIB)
@example(call_path(4), b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff")
@example(state_path(), anonymous(content("read_state", paths=[[b"x"] * 127] * 1000)))
@example(state_path(), anonymous(content("read_state", paths=[[b"canister", ECHO.raw, b"controllers"]] * 1000)))
@example(state_path(), anonymous(content("read_state", paths=[[b"subnet", os.urandom(29)] for _ in range(1000)])))
def test_no_body_is_our_mistake(app: Gateway, path: str, body: bytes) -> None:
    assert answered(app, path, body) in {200, 202, 400, 403, 404}


@given(st.text(max_size=40).map(lambda text: f"/api/v4/canister/{text}/call"))
def test_no_url_is_our_mistake(app: Gateway, path: str) -> None:
    assert answered(app, path, b"") in {400, 404}


def connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port or 80), timeout=10)


def head(path: str, *more: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/cbor", *more]
    return "\r\n".join([*lines, "", ""]).encode()


def everything(client: socket.socket) -> bytes:
    """Return all that comes until the connection is closed."""
    pieces = []
    with suppress(ConnectionResetError):
        while piece := client.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        pytest.param(call_path(), 2 * MIB, 400, id="a call of 2 MiB: taken, and found to be none"),
        pytest.param(call_path(), 2 * MIB + 1, 413, id="a call of more"),
        pytest.param(query_path(), 4 * MIB, 400, id="a query of 4 MiB"),
        pytest.param(query_path(), 4 * MIB + 1, 413, id="a query of more"),
        pytest.param(state_path(), 6 * MIB, 413, id="a question of more"),
    ],
)
def test_large_bodies(hasty: str, path: str, size: int, status: int) -> None:
    assert post(hasty, path, bytes(size)).status == status


def test_a_body_without_a_length_is_counted(hasty: str) -> None:
    with connected(hasty) as client:
        client.sendall(head(call_path(), "Transfer-Encoding: chunked"))
        for _ in range(3):
            client.sendall(b"%x\r\n" % MIB + bytes(MIB) + b"\r\n")
        client.sendall(b"0\r\n\r\n")
        assert everything(client).startswith(b"HTTP/1.1 413")


def test_a_body_without_end_is_cut_off(hasty: str) -> None:
    with connected(hasty) as client:
        client.sendall(head(call_path(), f"Content-Length: {1 << 40}"))
        sent = 0
        with suppress(ConnectionError):
            while sent < 64 * MIB:
                client.sendall(bytes(MIB))
                sent += MIB
        assert sent < 64 * MIB


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(b"", b"", id="nothing at all"),
        pytest.param(b"POST /api", b"", id="half a line"),
        pytest.param(head(call_path(), "Content-Length: 10")[:-2], b"", id="headers that do not end"),
        pytest.param(head(call_path(), "Content-Length: 10") + b"12345", b"HTTP/1.1 408", id="half a body"),
        pytest.param(head(call_path(), "Transfer-Encoding: chunked") + b"5\r\n123", b"HTTP/1.1 408", id="half a chunk"),
        pytest.param(b"GET /api/v2/status HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 200", id="silence after"),
    ],
)
def test_slow_clients_are_sent_away(hasty: str, sent: bytes, status: bytes) -> None:
    with connected(hasty) as client:
        start = time.monotonic()
        client.sendall(sent)
        assert everything(client).startswith(status)
        assert time.monotonic() - start < 3


def test_a_header_a_second_is_too_slow(hasty: str) -> None:
    with connected(hasty) as client:
        start = time.monotonic()
        with suppress(ConnectionError):
            client.sendall(head(call_path())[:-2])
            while time.monotonic() - start < 5:
                client.sendall(b"X-More: 1\r\n")
                time.sleep(0.1)
        assert time.monotonic() - start < 3


@pytest.mark.parametrize("header", ["Connection: close", "Connection: keep-alive"])
def test_an_answer_that_is_not_taken_is_thrown_away(hasty: str, header: str) -> None:
    body = anonymous(content("query", method_name="large"))
    with connected(hasty) as client:
        client.sendall(head(query_path(), f"Content-Length: {len(body)}", header) + body)
        time.sleep(1.5)
        received = everything(client)
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert len(received) < LARGE


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"\0\1\2\3" * 1000, id="no HTTP"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n", id="a header of 100 kB"),
        pytest.param(head(call_path(), "Content-Length: -1"), id="a negative length"),
        pytest.param(head(call_path(), "Content-Length: x"), id="a length that is none"),
        pytest.param(head(call_path(), "Content-Length: 1", "Content-Length: 2"), id="two lengths"),
    ],
)
def test_what_is_no_http_is_refused(hasty: str, sent: bytes) -> None:
    with connected(hasty) as client:
        with suppress(ConnectionError):
            client.sendall(sent)
        assert everything(client)[:12] in {b"HTTP/1.1 400", b""}


def test_clients_that_hang_up_are_forgotten(hasty: str) -> None:
    for cut in (10, 200, 400):
        for _ in range(20):
            with connected(hasty) as client:
                client.sendall((head(call_path(), "Content-Length: 1000") + bytes(1000))[:cut])
    time.sleep(0.3)
    assert post(hasty, call_path(), anonymous(content())).status == 200


def test_two_requests_in_one_packet_are_answered_in_order(hasty: str) -> None:
    body = anonymous(content("query"))
    wanted = head(query_path(), f"Content-Length: {len(body)}") + body
    with connected(hasty) as client:
        client.sendall(wanted + wanted.replace(b"Host:", b"Connection: close\r\nHost:"))
        assert everything(client).count(b"HTTP/1.1 200 OK") == 2


def test_too_many_clients_are_told_so_and_the_server_recovers(hasty: str) -> None:
    idle = [connected(hasty) for _ in range(20)]
    time.sleep(0.1)
    assert ask(hasty, "GET", "/api/v2/status").status == 503
    deadline = time.monotonic() + 5
    while ask(hasty, "GET", "/api/v2/status").status != 200:  # the idle ones are sent away
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for client in idle:
        client.close()


def test_bodies_share_one_budget() -> None:
    limits = Limits(bodies=3 * MIB)
    with Server(EchoNetwork(), Authority(b"tests"), limits=limits) as server:
        slow = [connected(server.url) for _ in range(3)]
        for client in slow[:2]:
            client.sendall(head(call_path(), f"Content-Length: {2 * MIB}") + bytes(MIB + MIB // 4))
        time.sleep(0.3)
        assert post(server.url, call_path(), bytes(MIB)).status == 503
        for client in slow:
            client.close()
        time.sleep(0.3)
        assert post(server.url, call_path(), bytes(MIB)).status == 400


def test_memory_is_given_back(hasty: str) -> None:
    def attack(number: int) -> None:
        post(hasty, call_path(), b"\x9a\x00\x03\x00\x00" + b"\x80" * (MIB if number % 2 else 3 * MIB))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(attack, range(2)))
        tracemalloc.start()
        try:
            list(pool.map(attack, range(6)))
            time.sleep(0.2)
            left, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert left < 4 * MIB
    assert peak < 150 * MIB
