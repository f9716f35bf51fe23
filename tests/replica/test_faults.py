"""Faults on demand: each happens as often as it was asked for, and then the network is as it was."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from analyzer.candid.principal import Principal
from migrator.network.bls import raw_key
from migrator.network.certificate import verified
from migrator.network.errors import CertificateError
from migrator.network.request import request_id
from migrator.network.tree import Absent, Found
from replica import Reject, Replica
from replica.faults import Fault
from tests.proof.kills import COUNTING
from tests.replica.gateway.sender import Response, anonymous, ask, call_path, content, post, query_path, state_path
from tests.replica.wat import canister
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from replica.faults import Kind, What
    from replica.http.serve import Server

MODULE = canister(COUNTING)


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica() as network:
        yield network


@pytest.fixture(scope="module")
def server(ic: Replica) -> Iterator[Server]:
    with ic.serve() as serving:
        yield serving


@pytest.fixture
def name(ic: Replica) -> Iterator[Principal]:
    counting = ic.create()
    ic.install(counting, MODULE, b"")
    yield Principal.parse(counting)
    assert not ic.faults.left()


def count(ic: Replica, name: Principal) -> int:
    return int.from_bytes(ic.query(str(name), "get")[:8], "little")


def fields_of(name: Principal, kind: str = "call", method: str = "add") -> dict[str, Any]:
    return content(kind, canister_id=name.raw, method_name=method, arg=b"")


def call(server: Server, name: Principal, fields: dict[str, Any] | None = None) -> Response:
    return post(server.url, call_path(canister=name), anonymous(fields or fields_of(name)))


def state(server: Server, name: Principal, fields: dict[str, Any]) -> Any:  # noqa: ANN401 - what is proven
    reading = content("read_state", paths=[[b"request_status", request_id(fields)]])
    said = post(server.url, state_path(canister=name), anonymous(reading)).fields()
    return tree(server, name, said["certificate"]).lookup(b"request_status", request_id(fields), b"status")


def tree(server: Server, name: Principal, certificate: bytes) -> Any:  # noqa: ANN401 - the verifier's tree
    return verified(certificate, root_key=raw_key(server.root_key), canister=name.raw, now=time.time_ns())


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("times", [1, 3])
def test_an_http_status_and_nothing_ran(ic: Replica, server: Server, name: Principal, status: int, times: int) -> None:
    ic.faults.add("call", Fault("http", status=status), count=times)
    assert [call(server, name).status for _ in range(times)] == [status] * times
    assert count(ic, name) == 0
    assert call(server, name).status == 200


@pytest.mark.parametrize(
    ("what", "ran"),
    [
        pytest.param("reset", 0, id="before it was taken in"),
        pytest.param("lost", 1, id="after it ran"),
        pytest.param("timeout", 1, id="after it ran, and after a while"),
    ],
)
def test_the_connection_is_cut(ic: Replica, server: Server, name: Principal, what: What, ran: int) -> None:
    ic.faults.add("call", Fault(what, seconds=0.3))
    started = time.monotonic()
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        call(server, name)
    assert (time.monotonic() - started > 0.3) == (what == "timeout")
    assert count(ic, name) == ran


def test_accepted_and_never_heard_of(ic: Replica, server: Server, name: Principal) -> None:
    ic.faults.add("call", Fault("silence"))
    fields = fields_of(name)
    assert call(server, name, fields).status == 202
    assert count(ic, name) == 0
    assert isinstance(state(server, name, fields), Absent)


def test_accepted_and_never_finished(ic: Replica, server: Server, name: Principal) -> None:
    ic.faults.add("execution", Fault("stuck", method="add"))
    fields = fields_of(name)
    sent = post(server.url, call_path(2, name), anonymous(fields))
    assert sent.status == 202
    assert state(server, name, fields) == Found(b"processing")
    assert count(ic, name) == 0


def test_a_reject_that_is_not_certified(ic: Replica, server: Server, name: Principal) -> None:
    ic.faults.add("call", Fault("reject", code=2, error_code="IC0209", message="try again in a while"))
    said = call(server, name).fields()
    assert said["status"] == "non_replicated_rejection"
    assert (said["reject_code"], said["error_code"], said["reject_message"]) == (2, "IC0209", "try again in a while")


def test_a_reject_that_is(ic: Replica, server: Server, name: Principal) -> None:
    ic.faults.add("execution", Fault("rejected", code=2, error_code="IC0209"))
    fields = fields_of(name)
    said = call(server, name, fields).fields()
    proven = tree(server, name, said["certificate"])
    assert proven.lookup(b"request_status", request_id(fields), b"error_code") == Found(b"IC0209")
    assert count(ic, name) == 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        pytest.param(Fault("forged"), "not signed", id="a signature that is none"),
        pytest.param(Fault("other key"), "not signed", id="another network"),
        pytest.param(Fault("time", seconds=-600), "old", id="ten minutes old"),
        pytest.param(Fault("time", seconds=600), "future", id="from ten minutes ahead"),
    ],
)
@pytest.mark.parametrize("kind", ["call", "read_state"])
def test_a_certificate_that_is_not_to_be_believed(
    ic: Replica, server: Server, name: Principal, kind: Kind, fault: Fault, words: str
) -> None:
    ic.faults.add(kind, fault)
    reading = content("read_state", paths=[[b"time"]])
    said = call(server, name) if kind == "call" else post(server.url, state_path(canister=name), anonymous(reading))
    with pytest.raises(CertificateError) as raised:
        tree(server, name, said.fields()["certificate"])
    assert words in str(raised.value) or raised.value.step == "age"


def test_a_query_with_another_signature(ic: Replica, server: Server, name: Principal) -> None:
    path = query_path(canister=name)
    honest = post(server.url, path, anonymous(fields_of(name, "query", "get"))).fields()
    ic.faults.add("query", Fault("forged"))
    said = post(server.url, path, anonymous(fields_of(name, "query", "get"))).fields()
    assert said["reply"] == honest["reply"]
    assert len(said["signatures"][0]["signature"]) == 64


def test_the_status(ic: Replica, server: Server) -> None:
    ic.faults.add("status", Fault("http", status=503))
    assert [ask(server.url, "GET", "/api/v2/status").status for _ in range(2)] == [503, 200]


def test_another_root_key(ic: Replica, server: Server) -> None:
    ic.faults.add("status", Fault("other key"))
    told = [ask(server.url, "GET", "/api/v2/status").fields()["root_key"] for _ in range(2)]
    assert told[0] != told[1] == server.root_key


def test_for_one_method_alone(ic: Replica, server: Server, name: Principal) -> None:
    ic.faults.add("call", Fault("http", method="other"))
    assert call(server, name).status == 200
    assert call(server, name, fields_of(name, method="other")).status == 503


def test_a_stop_that_does_not_finish(ic: Replica, name: Principal) -> None:
    ic.hold(str(name))
    with pytest.raises(Reject, match="still open"):
        ic.stop(str(name))
    assert not ic.is_stopped(str(name))
    ic.release(str(name))
    assert ic.is_stopped(str(name))


def test_out_of_cycles(ic: Replica, name: Principal) -> None:
    ic.set_cycles(str(name), 0)
    with pytest.raises(Reject, match="please top up the canister with at least") as raised:
        ic.update(str(name), "add", b"")
    assert (raised.value.code, raised.value.error_code) == (2, "IC0207")
    with pytest.raises(Reject, match="Canister installation failed with") as raised:
        ic.upgrade(str(name), MODULE, b"")
    assert raised.value.error_code == "IC0207"


CRASHING = """
import sys
from pathlib import Path
from replica import Replica
from replica.faults import Fault
with Replica(state=Path(sys.argv[1])) as ic:
    ic.faults.add("commit", Fault(sys.argv[2]))
    ic.update(sys.argv[3], "add", b"")
"""


@pytest.mark.parametrize(("what", "counted"), [("crash before", 0), ("crash after", 1)])
def test_a_crash_around_a_commit(tmp_path: Path, what: str, counted: int) -> None:
    with Replica(state=tmp_path) as ic:
        counting = ic.create()
        ic.install(counting, MODULE, b"")
    done = subprocess.run(
        [sys.executable, "-c", CRASHING, str(tmp_path), what, counting], cwd=ROOT, timeout=60, check=False
    )
    assert done.returncode == 137
    with Replica(state=tmp_path) as ic:
        assert count(ic, Principal.parse(counting)) == counted
