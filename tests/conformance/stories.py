"""The stories. Each yields what was done, what was seen, and what the Internet Computer does, with where that is known from."""

from __future__ import annotations

import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from analyzer.candid.principal import Principal
from analyzer.candid.values import Case, Some
from ctxcheck.demonstration import FIRST, module
from tests.replica.gateway.sender import MINUTE, content, encoded, now, post
from tests.replica.wat import ANSWER, REPLY, canister, method

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conformance.world import World

    Telling: TypeAlias = Callable[[World], Iterator["Seen"]]


class Seen(NamedTuple):
    """One thing that was looked at. expected: what the embedded network is built to do."""

    what: str
    seen: object
    expected: object


class Story(NamedTuple):
    """title: one sentence. source: section of interface spec 0.66, a client in which it was seen, or "recalled"."""

    title: str
    source: str
    tell: Telling


STORIES: list[Story] = []


def story(title: str, source: str) -> Callable[[Telling], Telling]:
    def taken(tell: Telling) -> Telling:
        STORIES.append(Story(title, source, tell))
        return tell

    return taken


COUNTER = canister(
    f"""
    (func $add (i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1))))
    {method("add", f"(call $add) {ANSWER}")}
    {
        method(
            "add_and_trap",
            "(call $add) (i32.store (i32.const 8) (i32.const 0x6863756f)) (call $trap (i32.const 8) (i32.const 4))",
        )
    }
    {method("add_and_fall", "(call $add) unreachable")}
    {
        method(
            "refuse", "(i32.store (i32.const 8) (i32.const 0x6f6e6f6e)) (call $msg_reject (i32.const 8) (i32.const 2))"
        )
    }
    {method("silent", "(call $add)")}
    {method("get", f"(call $add) {ANSWER}", "query")}
    {
        method(
            "whoami",
            f'''(call $msg_caller_copy (i32.const 100) (i32.const 0) (call $msg_caller_size))
      (call $msg_reply_data_append (i32.const 100) (call $msg_caller_size)) {REPLY}''',
        )
    }
    {method("certify", f"(call $certified_data_set (i32.const 0) (i32.const 8)) {REPLY}")}
    """,
    imports="trap msg_reject msg_reply msg_reply_data_append msg_caller_size msg_caller_copy certified_data_set",
)
PICKY = canister(
    f"""{method("add", REPLY)} {method("other", REPLY)}
    (func (export "canister_inspect_message")
      (if (i32.eq (call $msg_method_name_size) (i32.const 3)) (then (call $accept_message))))""",
    imports="msg_reply msg_method_name_size accept_message",
)
UPGRADED = canister(
    f"""{method("get", f"(i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 100))) {ANSWER}", "query")}
    (func (export "canister_post_upgrade") (i64.store (i32.const 0) (i64.const 5)))""",
    imports="msg_reply msg_reply_data_append",
)
BAD = canister('(func (export "canister_post_upgrade") unreachable)', imports="msg_reply")
UPGRADE = Case("upgrade", None)
KEEP = Case("upgrade", Some({"skip_pre_upgrade": None, "wasm_memory_persistence": Some(Case("keep"))}))


def count(world: World, canister: Principal) -> int:
    """Return what the counter would be after one more."""
    return int.from_bytes(world.query(canister, "get").reply[:8], "little")


def of(canister: Principal) -> dict[str, Any]:
    return {"canister_id": canister}


@story(
    "Calls are answered, rejected or trap, and a trap leaves nothing",
    "Call; Reject codes; codes as agent-rs shows them",
)
def calls(world: World) -> Iterator[Seen]:
    one = world.running(COUNTER)
    yield Seen("a call", world.call(one, "add").words, "replied")
    yield Seen("a method that there is not", world.call(one, "nothing").words, "rejected 5 IC0536")
    yield Seen(
        "a canister that there is not", world.call(Principal(b"\xee" * 8 + b"\1\1"), "add").words, "refused 3 IC0301"
    )
    yield Seen("a trap of its own", world.call(one, "add_and_trap").words, "rejected 5 IC0503")
    yield Seen("a trap of the machine", world.call(one, "add_and_fall").words, "rejected 5 IC0502")
    rejected = world.call(one, "refuse")
    yield Seen("a reject", (rejected.words, rejected.message), ("rejected 4 IC0406", "no"))
    yield Seen("the count after one call and two traps", count(world, one), 2)
    yield Seen("no answer", world.call(one, "silent").words, "rejected 5 IC0506")
    yield Seen("what it did is kept", count(world, one), 3)
    yield Seen("the caller", world.call(one, "whoami").reply, world.owner.principal.raw)


@story("A query leaves no trace", "Query methods")
def queries(world: World) -> Iterator[Seen]:
    one = world.running(COUNTER)
    yield Seen("two queries that count", (count(world, one), count(world, one)), (1, 1))
    yield Seen("a query that there is not", world.query(one, "nothing").words, "rejected 5 IC0536")
    yield Seen("an update, queried", world.query(one, "add").words, "rejected 5 IC0536")
    yield Seen("a query, called", world.call(one, "get").words, "replied")
    yield Seen("and it left nothing either", count(world, one), 1)


@story("A request is run once, in time, and for whom it was signed", "Authentication; Request: Call")
def requests(world: World) -> Iterator[Seen]:
    one = world.running(COUNTER)
    path = f"/api/v4/canister/{one}/call"
    body = encoded(world.owner.envelope(content(canister_id=one.raw, method_name="add", arg=b"")))
    yield Seen("sent twice, answered twice", {post(world.url, path, body).status for _ in range(2)} <= {200, 202}, True)
    time.sleep(1)
    yield Seen("and run once", count(world, one), 2)
    late = content(canister_id=one.raw, method_name="add", arg=b"", ingress_expiry=now() - MINUTE)
    yield Seen("expired", post(world.url, path, encoded(world.owner.envelope(late))).status, 400)
    early = content(canister_id=one.raw, method_name="add", arg=b"", ingress_expiry=now() + 10 * MINUTE)
    yield Seen("too far ahead", post(world.url, path, encoded(world.owner.envelope(early))).status, 400)
    forged = world.owner.envelope(content(canister_id=one.raw, method_name="add", arg=b""))
    forged["sender_sig"] = bytes(64)
    yield Seen("a signature that is none", post(world.url, path, encoded(forged)).status, 400)
    stolen = world.stranger.envelope(content(canister_id=one.raw, method_name="add", arg=b""))
    stolen["content"]["sender"] = world.owner.principal.raw
    yield Seen("in another's name", post(world.url, path, encoded(stolen)).status, 400)
    yield Seen("none of them ran", count(world, one), 2)


@story("A canister is asked whether it wants a call from outside", "canister_inspect_message")
def inspected(world: World) -> Iterator[Seen]:
    one = world.running(PICKY)
    yield Seen("a call that it wants", world.call(one, "add").words, "replied")
    yield Seen("one that it does not want", world.call(one, "other").words, "refused 4 IC0406")


@story("Only controllers manage a canister", "The IC management canister; codes recalled")
def controllers(world: World) -> Iterator[Seen]:
    one = world.running(COUNTER)
    for name in ("stop_canister", "start_canister", "canister_status", "delete_canister", "uninstall_code"):
        yield Seen(name, world.manage(name, of(one), by=world.stranger).words, "refused 5 IC0512")
    yield Seen("install_code", world.install(one, COUNTER, UPGRADE, by=world.stranger).words, "refused 5 IC0512")
    yield Seen("it goes on", world.call(one, "add", by=world.stranger).words, "replied")


@story("Code is installed once, reinstalled anew, upgraded with its stable memory", "install_code")
def installing(world: World) -> Iterator[Seen]:
    empty = world.created()
    yield Seen("a call to an empty canister", world.call(empty, "add").words, "refused 5 IC0537")
    yield Seen("what is no module", world.install(empty, b"\0asm nonsense").words, "rejected 5 IC0505")
    one = world.running(COUNTER)
    world.call(one, "add")
    yield Seen("installing again", world.install(one, COUNTER).words, "rejected 5 IC0514")
    yield Seen("is without effect", count(world, one), 2)
    yield Seen("an upgrade that traps", world.install(one, BAD, UPGRADE).words, "rejected 5 IC0502")
    hashed = world.certified(one, b"canister", one.raw, b"module_hash")
    yield Seen("leaves the old module", hashed, sha256(COUNTER).hexdigest())
    yield Seen("and its memory", count(world, one), 2)
    yield Seen("an upgrade", world.install(one, UPGRADED, UPGRADE).words, "replied")
    yield Seen("begins with a new memory", count(world, one), 105)
    yield Seen("reinstalling", world.install(one, COUNTER, Case("reinstall")).words, "replied")
    yield Seen("begins anew", count(world, one), 1)


@story(
    "An upgrade of a Motoko canister keeps its memory, or is refused as a whole",
    "install_code; texts of the runtime seen",
)
def motoko(world: World) -> Iterator[Seen]:
    one = world.running(module(FIRST))
    listing = world.query(one, "listSeasons", b"DIDL\0\0").reply
    refused = world.install(one, module("v03_optional_field"), KEEP)
    yield Seen("an incompatible version", refused.words, "rejected 5 IC0503")
    yield Seen("in the runtime's words", "Memory-incompatible program upgrade" in refused.message, True)
    yield Seen(
        "without the option", world.install(one, module("v02_safe_additions"), UPGRADE).words.split()[0], "rejected"
    )
    yield Seen("the old one goes on", world.query(one, "listSeasons", b"DIDL\0\0").reply, listing)
    yield Seen("a compatible version", world.install(one, module("v02_safe_additions"), KEEP).words, "replied")
    yield Seen("has the records", world.query(one, "listSeasons", b"DIDL\0\0").reply, listing)


@story("A stopped canister takes no calls until it is started", "stop_canister; codes recalled")
def stopping(world: World) -> Iterator[Seen]:
    one = world.running(COUNTER)
    yield Seen("deleting while it runs", world.manage("delete_canister", of(one)).words, "rejected 5 IC0510")
    yield Seen("stopping", world.manage("stop_canister", of(one)).words, "replied")
    yield Seen("stopping again", world.manage("stop_canister", of(one)).words, "replied")
    status = world.managed("canister_status", of(one))
    yield Seen("its status", status["status"].label, "stopped")
    yield Seen("a call", world.call(one, "add").words, "refused 5 IC0508")
    yield Seen("a query", world.query(one, "get").words, "rejected 5 IC0508")
    yield Seen("starting", world.manage("start_canister", of(one)).words, "replied")
    yield Seen("a call then", world.call(one, "add").words, "replied")
    world.managed("stop_canister", of(one))
    yield Seen("deleting", world.manage("delete_canister", of(one)).words, "replied")
    yield Seen("it is gone", world.query(one, "get").words, "rejected 3 IC0301")


@story("A snapshot brings module and memory back", "take_canister_snapshot; load_canister_snapshot")
def snapshots(world: World) -> Iterator[Seen]:
    one = world.running(COUNTER)
    world.call(one, "add")
    taken = world.managed("take_canister_snapshot", {**of(one), "replace_snapshot": None})
    before = world.managed("canister_status", of(one))["version"]
    world.call(one, "add")
    world.install(one, UPGRADED, UPGRADE)
    loading = {**of(one), "snapshot_id": taken["id"]}
    yield Seen("loading", world.manage("load_canister_snapshot", loading).words, "replied")
    hashed = world.certified(one, b"canister", one.raw, b"module_hash")
    yield Seen("the module", hashed, sha256(COUNTER).hexdigest())
    yield Seen("the memory", count(world, one), 2)
    after = world.managed("canister_status", of(one))["version"]
    yield Seen("the version goes on", after > before, True)
    listed = world.managed("list_canister_snapshots", of(one))
    yield Seen("the list", [item["id"] for item in listed], [taken["id"]])
    for _ in range(9):
        world.managed("take_canister_snapshot", {**of(one), "replace_snapshot": None})
    more = world.manage("take_canister_snapshot", {**of(one), "replace_snapshot": None})
    yield Seen("an eleventh", more.words.split()[0], "rejected")
    replaced = world.manage("take_canister_snapshot", {**of(one), "replace_snapshot": Some(taken["id"])})
    yield Seen("in the place of one", replaced.words, "replied")
    yield Seen("which is gone", world.manage("load_canister_snapshot", loading).words.split()[0], "rejected")


@story("What is certified of a canister", "State tree; Request: Read state")
def certified(world: World) -> Iterator[Seen]:
    one = world.running(module(FIRST))
    at = (b"canister", one.raw)
    yield Seen("module hash", world.certified(one, *at, b"module_hash"), sha256(module(FIRST)).hexdigest())
    public = bytes.fromhex(world.certified(one, *at, b"metadata", b"candid:service", by=world.stranger))
    yield Seen("public metadata, to anybody", b"listSeasons" in public, True)
    private = (*at, b"metadata", b"motoko:stable-types")
    yield Seen("private metadata, to a controller", b"seasons" in bytes.fromhex(world.certified(one, *private)), True)
    yield Seen("to anybody else", world.certified(one, *private, by=world.stranger), "HTTP 403")
    yield Seen("metadata that there is not", world.certified(one, *at, b"metadata", b"nothing"), "absent")
    empty = world.created()
    yield Seen("hash of an empty canister", world.certified(empty, b"canister", empty.raw, b"module_hash"), "absent")


@story("A large module goes through the chunk store", "upload_chunk; install_chunked_code")
def chunks(world: World) -> Iterator[Seen]:
    one = world.created()
    parts = [COUNTER[:100], COUNTER[100:]]
    hashes = [world.managed("upload_chunk", {**of(one), "chunk": part})["hash"] for part in parts]
    yield Seen("chunks are named by their hashes", hashes, [sha256(part).digest() for part in parts])
    installing = {
        "mode": Case("install"),
        "target_canister": one,
        "store_canister": None,
        "chunk_hashes_list": [{"hash": name} for name in hashes],
        "wasm_module_hash": sha256(COUNTER).digest(),
        "arg": b"",
    }
    wrong = {**installing, "wasm_module_hash": bytes(32)}
    yield Seen("with another hash", world.manage("install_chunked_code", wrong).words.split()[0], "rejected")
    yield Seen("installing", world.manage("install_chunked_code", installing).words, "replied")
    yield Seen("it runs", count(world, one), 1)


@story("A canister below its freezing threshold takes no calls", "update_settings; codes recalled")
def freezing(world: World) -> Iterator[Seen]:
    one = world.running(COUNTER)
    cold: dict[str, Any] = {"controllers": None, "freezing_threshold": Some(10**18)}
    yield Seen("a threshold of ages", world.manage("update_settings", {**of(one), "settings": cold}).words, "replied")
    yield Seen("a call", world.call(one, "add").words, "refused 2 IC0207")
    warm: dict[str, Any] = {"controllers": None, "freezing_threshold": Some(1)}
    yield Seen(
        "a threshold of a second", world.manage("update_settings", {**of(one), "settings": warm}).words, "replied"
    )
    yield Seen("a call then", world.call(one, "add").words, "replied")
