"""Real clients and our own verifier believe a network that runs real canisters."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from analyzer.candid.methods import method_of
from analyzer.candid.principal import Principal
from analyzer.candid.values import Case, decode, encode
from migrator.network.bls import raw_key
from migrator.network.certificate import verified
from migrator.network.request import request_id
from migrator.network.tree import Found
from replica import Replica
from tests.oracles.needed import ask_skip_or_fail
from tests.oracles.oracle import FOLDER, Oracle
from tests.replica import registry
from tests.replica.gateway.sender import anonymous, call_path, content, post, query_path
from tests.replica.gateway.test_ic_py import CLIENT
from tests.replica.wat import ANSWER, REPLY, method, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replica.http.serve import Server

SEASONS = "listSeasons"
CERTIFIED = f"""
{
    method(
        "certify",
        f"(i64.store (i32.const 0) (i64.const 7)) (call $certified_data_set (i32.const 0) (i32.const 8)) {REPLY}",
    )
}
{
    method(
        "certificate",
        f'''
  (local $n i32) (local.set $n (call $data_certificate_size))
  (call $data_certificate_copy (i32.const 0) (i32.const 0) (local.get $n))
  (call $msg_reply_data_append (i32.const 0) (local.get $n)) {REPLY}''',
        "query",
    )
}
{method("present", f"(i64.store (i32.const 0) (i64.extend_i32_u (call $data_certificate_present))) {ANSWER}")}
"""


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica() as network:
        yield network


@pytest.fixture(scope="module")
def filled(ic: Replica) -> str:
    canister = ic.create()
    ic.install(canister, registry.module(registry.FIRST))
    registry.fill(ic, canister)
    return canister


@pytest.fixture(scope="module")
def server(ic: Replica) -> Iterator[Server]:
    with ic.serve() as serving:
        yield serving


def tree(server: Server, canister: str, certificate: bytes) -> Any:  # noqa: ANN401 - the verifier's tree
    raw = Principal.parse(canister).raw
    return verified(certificate, root_key=raw_key(server.root_key), canister=raw, now=time.time_ns())


def test_a_reply_is_certified(server: Server, filled: str) -> None:
    principal = Principal.parse(filled)
    fields = content(canister_id=principal.raw, method_name="getCurrentTime", arg=b"DIDL\0\0")
    said = post(server.url, call_path(canister=principal), anonymous(fields)).fields()
    assert said["status"] == "replied"
    found = tree(server, filled, said["certificate"]).lookup(b"request_status", request_id(fields), b"reply")
    assert isinstance(found, Found)
    assert found.value.startswith(b"DIDL")


def test_a_query_carries_the_certificate_of_its_data(ic: Replica, server: Server) -> None:
    canister = running(ic, CERTIFIED)
    principal = Principal.parse(canister)
    ic.update(canister, "certify", b"")
    fields = content("query", canister_id=principal.raw, method_name="certificate", arg=b"")
    said = post(server.url, query_path(canister=principal), anonymous(fields)).fields()["reply"]["arg"]
    assert tree(server, canister, said).lookup(b"canister", principal.raw, b"certified_data") == Found(
        (7).to_bytes(8, "little")
    )
    assert ic.update(canister, "present", b"") == bytes(8)


def test_agent_js_reads_and_writes(server: Server, filled: str) -> None:
    ask_skip_or_fail()
    known = registry.interface(registry.FIRST)
    with Oracle(FOLDER / "agent.mjs") as agent:

        def ask(kind: str, name: str, arg: bytes) -> dict[str, Any]:
            question = {
                "ask": kind, "url": server.url, "rootKey": server.root_key.hex(), "identity": "ed25519",
                "canister": filled, "method": name, "hex": arg.hex(),
            }  # fmt: skip
            (told,) = agent.ask([question])
            return told

        put, listed = method_of(known, "setProfile"), method_of(known, "listUserProfiles")
        assert put is not None
        assert listed is not None
        me = ask("principal", "", b"")["text"]
        written = ask("update", "setProfile", encode(known, put.arguments, ["agent-js", None]))
        (said,) = decode(bytes.fromhex(written["hex"]), known, put.results)
        assert isinstance(said, Case)
        assert said.label == "ok"
        (found,) = decode(bytes.fromhex(ask("query", "listUserProfiles", b"DIDL\0\0")["hex"]), known, listed.results)
        assert isinstance(found, list)
        assert {"bio": None, "displayName": "agent-js", "user": Principal.parse(me)} in found
        status = ask("status", "", b"")["status"]
        assert status["module_hash"] == sha256(registry.module(registry.FIRST)).hexdigest()
        assert "listSeasons" in status["candid"]


@pytest.mark.parametrize("kind", ["update", "query"])
def test_ic_py_reads(ic: Replica, filled: str, kind: str) -> None:
    with ic.serve(for_ic_py=True) as serving:
        done = subprocess.run(
            [sys.executable, "-c", CLIENT, serving.url, filled, kind, "getCurrentTime", "ed25519"],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
    (said,) = json.loads(done.stdout)
    assert said["type"] in ("int", "nat")
    assert abs(said["value"] / 1e9 - time.time()) < 60
