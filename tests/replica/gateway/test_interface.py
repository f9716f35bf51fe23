"""The HTTP interface, status by status. Interface spec, "HTTPS Interface"."""

from __future__ import annotations

import hashlib
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from analyzer.candid.principal import Principal
from replica.certificates.authority import Authority
from replica.certificates.leb128 import unsigned
from replica.http.app import is_loopback
from replica.http.serve import Server
from replica.requests.hashing import hash_of_map
from tests.replica.gateway.echo import CANDID, ECHO, METRICS, MODULE_HASH, EchoNetwork
from tests.replica.gateway.sender import (
    MINUTE,
    Fields,
    Sender,
    anonymous,
    ask,
    call_path,
    content,
    encoded,
    leaves,
    now,
    post,
    query_path,
    state_path,
)

if TYPE_CHECKING:
    from tests.replica.gateway.conftest import Served

CBOR_TAG = bytes.fromhex("d9d9f7")
OTHER = Principal.parse("ryjl3-tyaaa-aaaaa-aaaba-cai")
ALICE = Sender()


def request_id(body: Fields) -> bytes:
    return hash_of_map(body)


def test_status(served: Served) -> None:
    answer = ask(served.url, "GET", "/api/v2/status")
    assert (answer.status, answer.body[:3]) == (200, CBOR_TAG)
    told = answer.fields()
    assert told["root_key"] == served.authority.root_key
    assert told["replica_health_status"] == "healthy"


@pytest.mark.parametrize("version", [3, 4])
def test_a_call_is_answered_with_a_certificate_of_its_reply(served: Served, version: int) -> None:
    fields = content()
    answer = post(served.url, call_path(version), anonymous(fields))
    assert (answer.status, answer.body[:3], answer.headers["content-type"]) == (200, CBOR_TAG, "application/cbor")
    assert answer.fields()["status"] == "replied"
    found = leaves(answer.fields()["certificate"])
    assert found.pop((b"time",))
    rid = request_id(fields)
    assert found == {(b"request_status", rid, b"status"): b"replied", (b"request_status", rid, b"reply"): b"DIDL\0\0"}


def test_a_reject_is_certified_and_the_request_for_it_still_replied(served: Served) -> None:
    fields = content(method_name="trap")
    answer = post(served.url, call_path(), anonymous(fields)).fields()
    found = {path[2:]: value for path, value in leaves(answer["certificate"]).items()}
    assert answer["status"] == "replied"
    assert found[b"status",] == b"rejected"
    assert found[b"reject_code",] == b"\x05"
    assert found[b"error_code",] == b"IC0503"
    assert b"ouch" in found[b"reject_message",]


@pytest.mark.parametrize(
    ("version", "status"),
    [
        pytest.param(2, {}, id="v2: no status, so that clients can tell"),
        pytest.param(3, {"status": "non_replicated_rejection"}, id="v3"),
        pytest.param(4, {"status": "non_replicated_rejection"}, id="v4"),
    ],
)
def test_a_call_refused_before_it_is_one_is_told_at_once(served: Served, version: int, status: Fields) -> None:
    answer = post(served.url, call_path(version), anonymous(content(method_name="refused")))
    refused = {"reject_code": 4, "reject_message": "inspect_message said no", "error_code": "IC0406"}
    assert (answer.status, answer.fields()) == (200, status | refused)


def test_a_call_of_v2_is_polled_for(served: Served) -> None:
    fields = content()
    answer = post(served.url, call_path(2), anonymous(fields))
    assert (answer.status, answer.body) == (202, b"")
    paths = [[b"request_status", request_id(fields)]]
    state = post(served.url, state_path(2), anonymous(content("read_state", paths=paths)))
    assert leaves(state.fields()["certificate"])[b"request_status", request_id(fields), b"status"] == b"replied"


def test_a_call_that_takes_long_is_waited_for_and_then_polled_for(served: Served) -> None:
    assert post(served.url, call_path(), anonymous(content(method_name="slow"))).status == 200
    fields = content(method_name="never")
    answer = post(served.url, call_path(), anonymous(fields))
    assert (answer.status, answer.body) == (202, b"")
    paths = [[b"request_status", request_id(fields)]]
    state = post(served.url, state_path(), anonymous(content("read_state", paths=paths)))
    assert leaves(state.fields()["certificate"])[b"request_status", request_id(fields), b"status"] == b"processing"


def test_a_network_that_runs_a_call_while_it_takes_it_in_is_waited_for(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert post(served.url, call_path(), anonymous(content(method_name="blocking"))).status == 200
    monkeypatch.setattr(served.network, "patience", 1.5)
    assert post(served.url, call_path(), anonymous(content(method_name="blocking"))).status == 202


def test_a_call_that_is_sent_again_runs_once(served: Served) -> None:
    before = served.network.runs["whoami"]
    body = encoded(ALICE.envelope(content(method_name="whoami")))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(served.url, call_path(), body), range(16)))
    assert {answer.status for answer in answers} == {200}
    assert all(ALICE.principal.raw in leaves(answer.fields()["certificate"]).values() for answer in answers)
    assert served.network.runs["whoami"] == before + 1


def test_a_call_refused_before_it_is_one_may_be_tried_again(served: Served) -> None:
    body = anonymous(content(method_name="refused"))
    answers = [post(served.url, call_path(), body) for _ in range(2)]
    assert [answer.fields()["error_code"] for answer in answers] == ["IC0406", "IC0406"]


@pytest.mark.parametrize("version", [2, 3])
def test_a_query_is_signed_by_the_node(served: Served, version: int) -> None:
    answer = post(served.url, query_path(version), anonymous(content("query")))
    assert (answer.status, answer.body[:3]) == (200, CBOR_TAG)
    told = answer.fields()
    assert (told["status"], told["reply"]["arg"]) == ("replied", b"DIDL\0\0")
    (signature,) = told["signatures"]
    assert signature["identity"] == served.authority.node.principal.raw
    assert len(signature["signature"]) == 64


def test_a_rejected_query_always_has_an_error_code(served: Served) -> None:
    told = post(served.url, query_path(), anonymous(content("query", method_name="reject"))).fields()
    assert {name: told[name] for name in told if name != "signatures"} == {
        "status": "rejected",
        "reject_code": 4,
        "reject_message": "no, thank you",
        "error_code": "IC0406",
    }


def read_state(
    served: Served, *paths: list[bytes], sender: Sender | None = None, path: str = ""
) -> dict[tuple[bytes, ...], bytes]:
    fields = content("read_state", paths=list(paths))
    body = encoded(sender.envelope(fields)) if sender else anonymous(fields)
    answer = post(served.url, path or state_path(), body)
    assert answer.status == 200, answer.text
    return {path: value for path, value in leaves(answer.fields()["certificate"]).items() if path != (b"time",)}


def test_what_is_certified_of_a_canister(served: Served) -> None:
    base = [b"canister", ECHO.raw]
    names = [b"module_hash", b"controllers", b"canister_creation_timestamp", b"last_install_timestamp"]
    found = read_state(served, *([*base, name] for name in names), [*base, b"metadata", b"candid:service"])
    assert {path[2:]: value for path, value in found.items()} == {
        (b"module_hash",): MODULE_HASH,
        (b"controllers",): bytes.fromhex("d9d9f7814104"),
        (b"canister_creation_timestamp",): unsigned(1),
        (b"last_install_timestamp",): unsigned(2),
        (b"metadata", b"candid:service"): CANDID,
    }


def test_only_what_was_asked_for_is_certified(served: Served) -> None:
    path = (b"canister", ECHO.raw, b"module_hash")
    assert read_state(served, list(path)) == {path: MODULE_HASH}
    assert read_state(served) == {}
    assert read_state(served, [b"canister", ECHO.raw, b"metadata", b"nothing"]) == {}
    assert read_state(served, [b"canister", OTHER.raw, b"module_hash"], path=state_path(3, OTHER)) == {}
    assert read_state(served, [b"request_status", bytes(32)]) == {}


def test_what_is_certified_of_the_subnet(served: Served) -> None:
    subnet, node = served.authority.subnet.raw, served.authority.node
    ranges = bytes.fromhex("d9d9f781824a000000000000000001014affffffffffffffff0101")
    expected = {
        (b"subnet", subnet, b"public_key"): served.authority.root_key,
        (b"subnet", subnet, b"type"): b"application",
        (b"subnet", subnet, b"canister_ranges"): ranges,
        (b"subnet", subnet, b"node", node.principal.raw, b"public_key"): node.public_der,
    }
    assert read_state(served, [b"subnet"]) == expected
    at_subnet = f"/api/v3/subnet/{served.authority.subnet}/read_state"
    shard = {(b"canister_ranges", subnet, bytes(8) + b"\1\1"): ranges}
    assert read_state(served, [b"subnet", subnet], [b"canister_ranges", subnet], path=at_subnet) == expected | shard
    metrics = [b"subnet", subnet, b"metrics"]
    assert read_state(served, metrics, path=at_subnet) == {tuple(metrics): METRICS}
    node_path = [b"subnet", subnet, b"node", node.principal.raw, b"public_key"]
    assert read_state(served, node_path) == {tuple(node_path): node.public_der}


def test_a_delegated_subnet_says_its_ranges_only_to_old_clients() -> None:
    authority = Authority(b"tests", delegated=True)
    flat = (b"subnet", authority.subnet.raw, b"canister_ranges")
    with Server(EchoNetwork(), authority) as server:
        for version, shown in ((2, True), (3, False)):
            body = anonymous(content("read_state", paths=[[b"subnet"]]))
            certificate = post(server.url, state_path(version), body).fields()["certificate"]
            assert (flat in leaves(certificate)) is shown
        body = anonymous(content("read_state", paths=[list(flat)]))
        assert post(server.url, state_path(3), body).status == 404


def test_a_private_section_is_for_controllers(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = [b"canister", ECHO.raw, b"metadata", b"secret"]
    body = encoded(ALICE.envelope(content("read_state", paths=[[b"time"], secret])))
    answer = post(served.url, state_path(), body)
    assert answer.status == 403
    assert "can only be requested by the controllers" in answer.text
    monkeypatch.setattr(served.network, "controllers", [ALICE.principal])
    assert read_state(served, secret, sender=ALICE) == {tuple(secret): b"hidden"}


def test_the_status_of_a_call_is_for_its_sender_at_its_canister(served: Served) -> None:
    fields = content()
    post(served.url, call_path(), encoded(ALICE.envelope(fields)))
    rid = request_id(fields | {"sender": ALICE.principal.raw})
    path = [b"request_status", rid]
    assert read_state(served, [*path, b"status"], sender=ALICE) == {(*path, b"status"): b"replied"}
    assert read_state(served, [*path, b"reject_code"], sender=ALICE) == {}
    wrong = {
        "another sender": (Sender().envelope(content("read_state", paths=[path])), ECHO),
        "another canister": (ALICE.envelope(content("read_state", paths=[path])), OTHER),
    }
    for what, (envelope, canister) in wrong.items():
        assert post(served.url, state_path(3, canister), encoded(envelope)).status == 403, what
    session = Sender()
    chain = [ALICE.delegate(session, targets=[OTHER.raw])]
    envelope = session.envelope(content("read_state", paths=[path]), chain=chain, root=ALICE)
    assert post(served.url, state_path(), encoded(envelope)).status == 403


RID, RID2 = os.urandom(32), os.urandom(32)


@pytest.mark.parametrize(
    ("paths", "status"),
    [
        pytest.param([[]], 404, id="the whole state"),
        pytest.param([[b"canister"]], 404, id="all canisters"),
        pytest.param([[b"canister", ECHO.raw]], 404, id="all of a canister"),
        pytest.param([[b"canister", ECHO.raw, b"certified_data"]], 404, id="certified data: for the canister alone"),
        pytest.param([[b"canister", OTHER.raw, b"module_hash"]], 400, id="another canister than in the URL"),
        pytest.param([[b"canister", ECHO.raw, b"metadata", b"\xff"]], 400, id="a name that is not UTF-8"),
        pytest.param([[b"canister", bytes(40), b"module_hash"]], 400, id="a canister id that is none"),
        pytest.param([[b"request_status", b"short"]], 400, id="a request id that is none"),
        pytest.param([[b"request_status", RID], [b"request_status", RID2]], 400, id="two requests at once"),
        pytest.param([[b"request_status", RID, b"secrets"]], 404, id="an unknown field of a request"),
        pytest.param([[b"request_status"]], 404, id="all requests"),
        pytest.param([[b"canister_ranges", RID[:29]]], 404, id="ranges by shard: only at a subnet's URL"),
        pytest.param([[b"subnet", RID[:29], b"metrics"]], 404, id="metrics: only at their subnet's URL"),
        pytest.param([[b"time", b"zone"]], 404, id="below the time"),
        pytest.param([[b"streams"]], 404, id="what there is not"),
    ],
)
def test_paths_that_are_not_told(served: Served, paths: list[list[bytes]], status: int) -> None:
    assert post(served.url, state_path(), anonymous(content("read_state", paths=paths))).status == status


def test_a_call_to_another_canister_than_in_the_url_is_refused(served: Served) -> None:
    for path, kind in ((call_path(4, OTHER), "call"), (query_path(3, OTHER), "query")):
        answer = post(served.url, path, anonymous(content(kind)))
        assert answer.status == 400
        assert "does not match effective canister id" in answer.text
    body = anonymous(content(canister_id=b"", method_name="canister_status"))
    assert post(served.url, call_path(4, OTHER), body).status == 200


def test_a_subnet_takes_only_the_making_of_canisters(served: Served) -> None:
    here = f"/api/v4/subnet/{served.authority.subnet}"
    create = anonymous(content(canister_id=b"", method_name="create_canister"))
    assert post(served.url, f"{here}/call", create).status == 200
    assert post(served.url, f"{here}/call", anonymous(content())).status == 400
    assert post(served.url, f"/api/v4/subnet/{OTHER}/call", create).status == 400
    list_canisters = content("query", canister_id=b"", method_name="list_canisters")
    assert post(served.url, f"/api/v3/subnet/{served.authority.subnet}/query", anonymous(list_canisters)).status == 200


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        pytest.param("GET", "/", {}, 404, id="no such path"),
        pytest.param("POST", f"/api/v9/canister/{ECHO}/call", {}, 404, id="no such version"),
        pytest.param("POST", f"/api/v4/canister/{ECHO}/query", {}, 404, id="no such version of a query"),
        pytest.param("POST", f"/api/v2/subnet/{ECHO}/call", {}, 404, id="no such version at a subnet"),
        pytest.param("POST", "/api/v4/canister/nonsense/call", {}, 400, id="an id that is none"),
        pytest.param("POST", "/api/v4/canister/%00%ff/call", {}, 400, id="an id of odd bytes"),
        pytest.param("GET", call_path(), {}, 405, id="GET of a call"),
        pytest.param("OPTIONS", call_path(), {}, 405, id="a browser that asks whether a page may"),
        pytest.param("POST", "/api/v2/status", {}, 405, id="POST of the status"),
        pytest.param("POST", call_path(), {"content-type": "text/plain"}, 415, id="what a form could send"),
        pytest.param("POST", call_path(), {"content-type": ""}, 415, id="no content type"),
        pytest.param("POST", call_path(), {"host": "evil.example"}, 403, id="a name that leads here, rebinding"),
        pytest.param("POST", call_path(), {"host": "127.0.0.1.evil.example:80"}, 403, id="a name that looks like it"),
        pytest.param("GET", "/api/v2/status", {"host": "evil.example"}, 403, id="the status, rebinding"),
        pytest.param("POST", call_path(), {"host": "localhost:4943"}, 200, id="localhost"),
        pytest.param("POST", call_path(), {"content-type": "Application/CBOR; charset=x"}, 200, id="parameters"),
    ],
)
def test_what_is_answered_at_all(served: Served, method: str, path: str, headers: dict[str, str], status: int) -> None:
    body = anonymous(content()) if method == "POST" else None
    answer = ask(served.url, method, path, body, {"content-type": "application/cbor"} | headers)
    assert answer.status == status
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("localhost", True),
        ("localhost:1", True),
        ("rrkah-fqaaa-aaaaa-aaaaq-cai.localhost:8000", True),
        ("127.0.0.1", True),
        ("127.1.2.3:80", True),
        ("[::1]:80", True),
        ("[::1]", True),
        ("", False),
        ("8.8.8.8", False),
        ("192.168.0.1:80", False),
        ("localhost.evil.example", False),
        ("evillocalhost", False),
        ("[::1", False),
        ("LOCALHOST:80", True),
        ("127.0.0.1@evil.example", False),
    ],
)
def test_hosts_of_loopback(host: str, ours: bool) -> None:
    assert is_loopback(host) is ours


def signed(sender: Sender, **changes: object) -> Fields:
    return sender.envelope(content("call", **changes))


def forged() -> Fields:
    envelope = signed(ALICE)
    return envelope | {"sender_sig": bytes(64)}


def changed() -> Fields:
    envelope = signed(ALICE)
    envelope["content"]["arg"] = b"another"
    return envelope


def wrong_sender() -> Fields:
    envelope = signed(ALICE)
    envelope["content"]["sender"] = Sender().principal.raw
    return envelope


@pytest.mark.parametrize(
    ("envelope", "words"),
    [
        pytest.param(forged, "does not verify", id="a wrong signature"),
        pytest.param(changed, "does not verify", id="a content that was changed"),
        pytest.param(wrong_sender, "is not the principal of sender_pubkey", id="another sender"),
        pytest.param(lambda: signed(ALICE, ingress_expiry=now() - 1), "not within expected range", id="expired"),
        pytest.param(lambda: signed(ALICE, ingress_expiry=now() + 6 * MINUTE), "expected range", id="too far ahead"),
        pytest.param(lambda: {"content": content(ingress_expiry=now() - 1)}, "expected range", id="anonymous, expired"),
        pytest.param(lambda: {"content": signed(ALICE)["content"]}, "missing", id="no signature"),
        pytest.param(lambda: {"content": content(nonce=bytes(33))}, "nonce", id="a nonce too long"),
        pytest.param(lambda: {"content": content("query")}, "request_type", id="a query sent as a call"),
        pytest.param(lambda: {"content": content(sender_info={})}, "sender_info", id="sender information"),
        pytest.param(
            lambda: signed(ALICE) | {"content": content()}, "anonymous sender has no key", id="a key too many"
        ),
    ],
)
def test_envelopes_that_are_refused(served: Served, envelope: object, words: str) -> None:
    before = served.network.runs.total()
    answer = post(served.url, call_path(), encoded(envelope()))  # type: ignore[operator]
    assert answer.status == 400
    assert words in answer.text
    assert served.network.runs.total() == before


def test_an_anonymous_question_needs_no_expiry(served: Served) -> None:
    for path, kind in ((query_path(), "query"), (state_path(), "read_state")):
        assert post(served.url, path, anonymous(content(kind, ingress_expiry=0))).status == 200
        assert post(served.url, path, encoded(ALICE.envelope(content(kind, ingress_expiry=0)))).status == 400


def test_null_is_as_good_as_absent(served: Served) -> None:
    body = {"content": content(), "sender_pubkey": None, "sender_sig": None, "sender_delegation": None}
    assert post(served.url, call_path(), encoded(body)).status == 200


def test_a_mistake_of_the_network_is_ours(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL, "replica.http.app"):
        for path, kind in ((call_path(), "call"), (query_path(), "query")):
            assert post(served.url, path, anonymous(content(kind, method_name="broken"))).status == 500
    assert post(served.url, call_path(), anonymous(content())).status == 200


def test_for_ic_py_answers_are_not_tagged_and_rejects_are_certified() -> None:
    fields = content(method_name="refused")
    with Server(EchoNetwork(), Authority(b"tests"), for_ic_py=True) as server:
        assert ask(server.url, "GET", "/api/v2/status").body[:3] != CBOR_TAG
        assert post(server.url, call_path(2), anonymous(fields)).status == 202
        paths = [[b"request_status", request_id(fields)]]
        told = post(server.url, state_path(2), anonymous(content("read_state", paths=paths)))
    assert type(told.fields()) is dict
    assert leaves(told.fields()["certificate"])[b"request_status", request_id(fields), b"status"] == b"rejected"


def test_a_request_id_is_that_of_the_spec() -> None:
    """Interface spec, "Request ids": the example."""
    fields: Fields = {
        "request_type": "call",
        "sender": b"\x04",
        "ingress_expiry": 1685570400000000000,
        "canister_id": bytes.fromhex("00000000000004d2"),
        "method_name": "hello",
        "arg": b"DIDL\x00\xfd*",
    }
    expected = "1d1091364d6bb8a6c16b203ee75467d59ead468f523eb058880ae8ec80e2b101"
    assert hash_of_map(fields).hex() == expected
    inner = hashlib.sha256(b"DIDL\0\0").digest()
    reply = hashlib.sha256(hashlib.sha256(b"arg").digest() + inner).digest()
    assert (
        hash_of_map({"reply": {"arg": b"DIDL\0\0"}})
        == hashlib.sha256(hashlib.sha256(b"reply").digest() + reply).digest()
    )
