"""The agent against a network that runs real canisters, as it is and as it fails."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import closing, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from analyzer.candid.principal import Principal
from analyzer.errors import UsageError
from migrator.network.agent import Agent, SignedCall, _is_signed, fetch_root_key, never_ran
from migrator.network.canister import read_canister
from migrator.network.errors import CertificateError, NetworkError, Refused, Rejected
from migrator.network.identity import Anonymous
from migrator.network.management import PIECE, ManagementClient, upgrade_mode
from migrator.network.transport import Transport
from replica import Replica
from replica.certificates.authority import Authority
from replica.faults import Fault
from replica.http import app
from replica.http.serve import Server
from tests.proof.kills import COUNTING
from tests.replica import registry
from tests.replica.gateway.echo import ECHO, EchoNetwork
from tests.replica.wat import canister

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from replica.faults import Kind, What

MODULE = canister(COUNTING)
NOWHERE = b"\xee" * 8 + b"\1\1"


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica() as network:
        yield network


@pytest.fixture(scope="module")
def agent(ic: Replica) -> Iterator[Agent]:
    with ic.serve() as server:
        transport = Transport(server.url)
        made = Agent(transport, Anonymous(), fetch_root_key(transport))
        yield made
        made.close()


@pytest.fixture
def counting(ic: Replica) -> Iterator[bytes]:
    name = ic.create()
    ic.install(name, MODULE, b"")
    yield Principal.parse(name).raw
    ic.faults.clear()


def count(ic: Replica, name: bytes) -> int:
    return int.from_bytes(ic.query(str(Principal(name)), "get")[:8], "little")


def test_a_query_and_a_call(agent: Agent, counting: bytes) -> None:
    assert agent.call(counting, "add", b"") == b""
    assert agent.query(counting, "get", b"")[:8] == (1).to_bytes(8, "little")


def test_rejects(agent: Agent, counting: bytes) -> None:
    with pytest.raises(Rejected) as raised:
        agent.call(counting, "nothing", b"")
    assert (raised.value.error_code, raised.value.certified, raised.value.ran) == ("IC0536", True, "yes")
    with pytest.raises(Rejected) as raised:
        agent.query(counting, "nothing", b"")
    assert (raised.value.error_code, raised.value.ran) == ("IC0536", "no")
    with pytest.raises(Rejected) as raised:
        agent.call(NOWHERE, "add", b"")
    assert (raised.value.error_code, raised.value.certified) == ("IC0301", False)


# What happens, to which requests, and how often: the call is answered all the same, and runs once.
FAULTS: list[tuple[str, Kind, Fault, int]] = [
    ("busy", "call", Fault("http", status=503), 2),
    ("too many requests", "call", Fault("http", status=429), 2),
    ("a bad gateway", "call", Fault("http", status=502), 2),
    ("cut before it arrived", "call", Fault("reset"), 2),
    ("the answer is lost", "call", Fault("lost"), 1),
    ("lost twice", "call", Fault("lost"), 2),
    ("reads fail at first", "read_state", Fault("http", status=503), 2),
    ("reads are cut", "read_state", Fault("reset"), 2),
]


@pytest.mark.parametrize(("kind", "fault", "times"), [pytest.param(*rest, id=name) for name, *rest in FAULTS])
def test_a_call_is_answered_and_runs_once(
    ic: Replica, agent: Agent, counting: bytes, kind: Kind, fault: Fault, times: int
) -> None:
    ic.faults.add(kind, fault, count=times)
    assert agent.call(counting, "add", b"", wait=30) == b""
    ic.faults.clear()
    assert count(ic, counting) == 1


LIES = [
    pytest.param(Fault("forged"), id="a forged certificate"),
    pytest.param(Fault("other key"), id="of another network"),
    pytest.param(Fault("time", seconds=-600), id="ten minutes old"),
    pytest.param(Fault("time", seconds=600), id="ten minutes ahead"),
]


@pytest.mark.parametrize("fault", LIES)
def test_a_liar_is_not_believed(ic: Replica, agent: Agent, counting: bytes, fault: Fault) -> None:
    ic.faults.add("call", fault)
    with pytest.raises(CertificateError) as raised:
        agent.call(counting, "add", b"", wait=5)
    assert raised.value.ran == "unknown"
    ic.faults.add("read_state", fault)
    with pytest.raises(CertificateError):
        agent.read_state(counting, [[b"time"]])


def test_a_query_that_no_node_signed(ic: Replica, agent: Agent, counting: bytes) -> None:
    agent.query(counting, "get", b"")
    ic.faults.add("query", Fault("forged"))
    with pytest.raises(CertificateError, match="not signed by a node"):
        agent.query(counting, "get", b"")


def test_a_reject_before_it_is_a_call(ic: Replica, agent: Agent, counting: bytes) -> None:
    ic.faults.add("call", Fault("reject", code=2, error_code="IC0209", message="too much"))
    with pytest.raises(Rejected) as raised:
        agent.call(counting, "add", b"")
    assert (raised.value.ran, raised.value.certified, raised.value.code) == ("unknown", False, 2)
    assert raised.value.hint == "too much was installed just now: wait some minutes"
    assert count(ic, counting) == 0


@pytest.mark.parametrize(
    ("first", "then", "words", "runs"),
    [
        pytest.param("lost", "reject", None, 1, id="it ran, its answer was lost, and the same again is refused"),
        pytest.param("lost", "denied", None, 1, id="of which one machine says that it did not"),
        pytest.param("reset", "reject", "too much", 0, id="it may have arrived, and did not: proven, with the reason"),
    ],
)
def test_what_is_said_of_a_second_attempt_is_not_believed(
    ic: Replica, agent: Agent, counting: bytes, first: What, then: What, words: str | None, runs: int
) -> None:
    signed = agent.prepare(counting, "add", b"", lasts=2_000_000_000)
    ic.faults.add("call", Fault(first))
    ic.faults.add("call", Fault(then, message="too much"))
    if words is None:
        assert agent.settle(signed) == b""
    else:
        with pytest.raises(Rejected, match=words) as raised:
            agent.settle(signed)
        assert (raised.value.ran, raised.value.certified) == ("no", False)
    assert count(ic, counting) == runs


@pytest.mark.parametrize("status", [400, 403, 413])
def test_a_gateway_that_takes_no_call(ic: Replica, agent: Agent, counting: bytes, status: int) -> None:
    ic.faults.add("call", Fault("http", status=status))
    started = time.monotonic()
    with pytest.raises(Refused, match=f"HTTP {status}: injected") as raised:
        agent.call(counting, "add", b"")
    assert raised.value.ran == "unknown"
    assert time.monotonic() - started < 5


def _drip(to: socket.socket) -> None:
    to.sendall(b"HTTP/1.1 200 OK\r\nx: ")
    for _ in range(100):
        to.sendall(b"a")
        time.sleep(0.1)


def _hints(to: socket.socket) -> None:
    for _ in range(100):
        to.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        time.sleep(0.1)


def _body(to: socket.socket) -> None:
    to.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    for _ in range(100):
        to.sendall(b"1\r\na\r\n")
        time.sleep(0.1)


def _packed(to: socket.socket) -> None:
    to.sendall(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nok")


@pytest.mark.parametrize("answer", [_drip, _hints, _body, _packed])
def test_a_deadline_is_one(answer: Callable[[socket.socket], None]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError), listening.accept()[0] as accepted:
                accepted.recv(65536)
                answer(accepted)

        thread = threading.Thread(target=serve)
        thread.start()
        started = time.monotonic()
        with closing(Transport(f"http://127.0.0.1:{listening.getsockname()[1]}")) as transport:
            with pytest.raises(NetworkError) as raised:
                transport.get("/api/v2/status", until=started + 1)
            assert raised.value.ran == "unknown"
            assert time.monotonic() - started < 3
        thread.join()


@pytest.mark.parametrize(
    "said",
    [
        {"status": "replied", "reply": {"arg": None}},
        {"status": "replied", "reply": {"arg": b"", "more": 1.5}},
        {"status": "replied", "reply": {"arg": b"", "more": [True, None]}},
    ],
)
def test_an_answer_of_another_form(said: dict[str, Any]) -> None:
    one = {"timestamp": 1, "identity": b"n", "signature": b"s"}
    assert not _is_signed(said, one, b"\0" * 32, b"\0" * 44)


def test_a_call_that_never_finishes(ic: Replica, agent: Agent, counting: bytes) -> None:
    ic.faults.add("execution", Fault("stuck", method="add"))
    started = time.monotonic()
    with pytest.raises(NetworkError, match="still processing") as raised:
        agent.call(counting, "add", b"", wait=12)
    assert raised.value.ran == "unknown"
    assert time.monotonic() - started < 20


def test_what_never_ran_is_proven(ic: Replica, agent: Agent, counting: bytes) -> None:
    signed = agent.prepare(counting, "add", b"", lasts=2_000_000_000)
    ic.faults.add("call", Fault("silence"))
    agent.submit(signed)
    assert not never_ran(agent.status(signed), signed)
    with pytest.raises(NetworkError, match="it never ran") as raised:
        agent.outcome(signed, wait=20)
    assert raised.value.ran == "no"
    late = agent.status(signed)
    assert never_ran(late, signed)
    assert not never_ran(late._replace(time=signed.envelope.expiry + 6 * 60 * 10**9), signed)
    assert count(ic, counting) == 0


def test_a_call_goes_on_from_a_journal(ic: Replica, agent: Agent, counting: bytes) -> None:
    signed = agent.prepare(counting, "add", b"")
    again = SignedCall.of_plain(json.loads(json.dumps(signed.plain())))
    assert again == signed
    assert agent.settle(signed) == agent.settle(again) == agent.outcome(again) == b""
    assert count(ic, counting) == 1


@pytest.mark.parametrize(
    ("url", "words"),
    [
        *[
            (url, "no URL")
            for url in (
                "ftp://x",
                "nonsense",
                "",
                "https://",
                "http://[bad",
                "https://a b",
                "https://x:y",
                "https://x:99999",
                "https://x:0",
                "https://x\n",
            )
        ],
        ("http://icp-api.io", "neither encrypted nor on this machine"),
    ],
)
def test_urls_that_are_refused(url: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Transport(url)


@pytest.mark.parametrize("host", ["a..b", ".", "x" * 64, "xn--a"])
def test_names_that_no_machine_has(host: str) -> None:
    with pytest.raises(UsageError, match="no URL"):
        Transport(f"https://{host}").get("/api/v2/status", until=time.monotonic() + 3)


def test_nobody_is_there() -> None:
    agent = Agent(Transport("http://127.0.0.1:9"), Anonymous(), Authority(b"x").root_key)
    with pytest.raises(NetworkError, match="cannot be reached"):
        agent.call(ECHO.raw, "m", b"", wait=3)
    with pytest.raises(NetworkError, match="must be given"):
        fetch_root_key(Transport("https://icp-api.io"))


def test_an_answer_that_is_too_large() -> None:
    with (
        Server(EchoNetwork(), Authority(b"tests")) as server,
        closing(Agent(Transport(server.url), Anonymous(), server.root_key)) as agent,
        pytest.raises(NetworkError, match="more than"),
    ):
        agent.query(ECHO.raw, "large", b"")


def test_a_delegated_subnet() -> None:
    authority = Authority(b"tests", delegated=True)
    with (
        Server(EchoNetwork(), authority) as server,
        closing(Agent(Transport(server.url), Anonymous(), authority.root_key)) as agent,
    ):
        assert agent.call(ECHO.raw, "echo", b"DIDL\0\0") == b"DIDL\0\0"
        assert agent.query(ECHO.raw, "echo", b"DIDL\0\0") == b"DIDL\0\0"


def test_an_old_network_has_the_first_versions_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    old = {("canister", action): frozenset({2}) for action in ("call", "query", "read_state")}
    monkeypatch.setattr(app, "_VERSIONS", {**app._VERSIONS, **old})
    with (
        Server(EchoNetwork(), Authority(b"tests")) as server,
        closing(Agent(Transport(server.url), Anonymous(), server.root_key)) as agent,
    ):
        assert agent.call(ECHO.raw, "echo", b"DIDL\0\0") == b"DIDL\0\0"
        assert agent.query(ECHO.raw, "echo", b"DIDL\0\0") == b"DIDL\0\0"
        with pytest.raises(Rejected) as raised:
            agent.call(ECHO.raw, "refused", b"")
        assert raised.value.error_code == "IC0406"


def test_all_of_a_canister_in_one_certificate(ic: Replica, agent: Agent) -> None:
    name = ic.create()
    ic.install(name, registry.module(registry.FIRST))
    found = read_canister(agent, Principal.parse(name).raw)
    assert (found.module_hash, found.controllers) == (ic.module_hash(name), (b"\4",))
    assert set(found.sections) >= {"candid:service", "motoko:stable-types", "enhanced-orthogonal-persistence"}
    assert not found.hidden
    empty = read_canister(agent, Principal.parse(ic.create()).raw)
    assert (empty.module_hash, empty.sections) == (None, {})
    with pytest.raises(NetworkError, match="no such canister"):
        read_canister(agent, NOWHERE)


def test_private_sections_are_named_as_hidden(ic: Replica, agent: Agent) -> None:
    name = ic.create(controllers=[b"\7"])
    ic.install(name, registry.module(registry.FIRST), caller=b"\7")
    found = read_canister(agent, Principal.parse(name).raw)
    assert "candid:service" in found.sections
    assert "motoko:stable-types" in found.hidden


def test_stop_snapshot_upgrade_and_back(ic: Replica, agent: Agent) -> None:
    name = ic.create()
    ic.install(name, registry.module(registry.FIRST))
    registry.fill(ic, name)
    raw, client = Principal.parse(name).raw, ManagementClient(agent)
    before = client.status(raw)
    client.stop(raw)
    taken = client.take_snapshot(raw)
    stopped = client.status(raw)
    assert (before.status, stopped.status) == ("running", "stopped")
    assert [one.id for one in client.snapshots(raw)] == [taken.id]
    assert client.snapshot_metadata(raw, taken.id)["canister_version"] == stopped.version
    with pytest.raises(Rejected, match="Memory-incompatible"):
        agent.settle(client.prepare_install(raw, registry.module("v03_optional_field"), b"DIDL\0\0", keep=True))
    assert client.status(raw).version == stopped.version
    agent.settle(client.prepare_install(raw, registry.module("v02_safe_additions"), b"DIDL\0\0", keep=True))
    assert client.status(raw).module_hash != before.module_hash
    client.load_snapshot(raw, taken.id)
    client.start(raw)
    assert client.status(raw).module_hash == before.module_hash
    client.delete_snapshot(raw, taken.id)
    assert client.snapshots(raw) == []
    assert any("Memory-incompatible" in line for line in client.logs(raw))


def test_a_snapshot_goes_elsewhere(ic: Replica, agent: Agent, counting: bytes) -> None:
    client = ManagementClient(agent)
    for _ in range(3):
        agent.call(counting, "add", b"")
    taken = client.take_snapshot(counting)
    told = client.snapshot_metadata(counting, taken.id)
    other = Principal.parse(ic.create()).raw
    made = client.begin_upload(other, told)
    for kind in ("wasm_module", "wasm_memory", "stable_memory"):
        size = told[f"{kind}_size"]
        for offset in range(0, size, PIECE):
            piece = client.read_snapshot(counting, taken.id, kind, offset, min(PIECE, size - offset))
            client.write_snapshot(other, made, kind, offset, piece)
    client.load_snapshot(other, made)
    assert count(ic, other) == 3


def test_a_module_goes_in_chunks(agent: Agent, counting: bytes) -> None:
    client = ManagementClient(agent)
    hashes = [client.upload_chunk(counting, part) for part in (MODULE[:100], MODULE[100:])]
    assert client.stored_chunks(counting) == set(hashes)
    mode = upgrade_mode(keep=None)
    agent.settle(client.prepare_install_chunked(counting, hashes, sha256(MODULE).digest(), b"", mode=mode))
    client.clear_chunks(counting)
    assert client.stored_chunks(counting) == set()
