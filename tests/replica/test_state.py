"""A network in a folder: the same one is there again, whatever happened to the process, and no other one."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.candid.principal import Principal
from replica import Reject, Replica
from replica.canister import State
from replica.memory.copied import CopiedImage
from replica.memory.mapped import MappedImage
from replica.memory.stable import StableMemory
from replica.module.prepare import Prepared
from replica.state import store
from replica.state.log import MAGIC, Log, StateError
from tests.proof.kills import COUNTING, Tally, kill
from tests.replica import registry
from tests.replica.wat import canister

if TYPE_CHECKING:
    from pathlib import Path

MODULE = canister(COUNTING)
KILLS = 25


def test_nothing_acknowledged_is_lost_whenever_the_process_is_killed() -> None:
    tally = Tally()
    for tally in kill(KILLS, seed=1):
        assert not tally.wrong
    assert tally.kills == KILLS
    assert tally.acknowledged > KILLS


def seen(value: Any) -> Any:  # noqa: ANN401 - of many types
    """Return what can be compared of a value."""
    match value:
        case MappedImage() | CopiedImage():
            return value.read(0, value.size)
        case StableMemory():
            return value.read(0, value.size)
        case Prepared():
            return value.sha256
        case State():
            return [seen(getattr(value, name)) for name in State.__slots__]
        case Reject():
            return (value.code, value.error_code, value.message)
        case list() | tuple():
            return [seen(one) for one in value]
        case dict():
            return {key: seen(one) for key, one in value.items()}
    return [seen(getattr(value, name)) for name in value.__slots__] if hasattr(value, "__slots__") else value


def everything(ic: Replica) -> dict[str, Any]:
    engine = ic.engine
    canisters = {
        one.id: {name: seen(value) for name, value in vars(one).items() if name not in store.NOT_KEPT}
        for one in engine.canisters.look()
    }
    scheduler = {
        name: seen(list(value) if name == "queue" else value)
        for name, value in vars(engine.scheduler).items()
        if name in store.SCHEDULER
    }
    return {
        "canisters": canisters,
        "scheduler": scheduler,
        "requests": {name: seen(one) for name, one in engine.history.requests.items()},
        "rest": (engine.ahead, engine.height, engine.canisters.given, engine.seed, engine.root_key()),
    }  # fmt: skip


def test_all_of_a_network_is_there_again(tmp_path: Path) -> None:
    with Replica(state=tmp_path, most_messages=100) as ic:
        full, empty, gone = ic.create(), ic.create(cycles=7), ic.create()
        ic.install(full, registry.module(registry.FIRST))
        registry.fill(ic, full)
        one, two = ic.create(), ic.create()
        for name in (one, two):
            ic.install(name, MODULE, b"")
        ic.update(one, "add", Principal.parse(two).raw)
        with pytest.raises(Reject):
            ic.update(one, "missing")
        ic.stop(empty)
        ic.stop(gone)
        ic.delete(gone)
        ic.advance_time(1000)
        before = everything(ic)
        answers = [registry.call(ic, full, registry.FIRST, name) for name in registry.LISTINGS]
    with Replica(state=tmp_path) as ic:
        after = everything(ic)
        assert after == before
        assert [registry.call(ic, full, registry.FIRST, name) for name in registry.LISTINGS] == answers
        assert ic.create() not in (full, empty, gone)
        ic.upgrade(full, registry.module("v02_safe_additions"), persistence="keep")
    with Replica(state=tmp_path) as ic:
        assert [registry.call(ic, full, registry.FIRST, name) for name in registry.LISTINGS] == answers


def test_calls_that_are_open_go_on(tmp_path: Path) -> None:
    from tests.replica.test_scheduler import CANISTER, to  # noqa: PLC0415 - its canister

    with Replica(state=tmp_path, most_messages=100) as ic:
        caller, looping = ic.create(), ic.create()
        for name in (caller, looping):
            ic.install(name, canister(CANISTER), b"")
        with pytest.raises(Reject, match="still open"):
            ic.update(caller, "send_for_a_minute", to(looping, "loop"))
        before = everything(ic)
    with Replica(state=tmp_path, most_messages=100) as ic:
        assert everything(ic) == before
        ic.advance_time(61)
        said = [one.reply for one in ic.engine.history.requests.values() if one.reply is not None]
        assert said == [b"\x06Message did not complete within its deadline"]


def small(folder: Path) -> list[bytes]:
    """Make a folder of a small network; return what a canister counted after each size that the log had."""
    with Replica(state=folder) as ic:
        name = ic.create()
        ic.install(name, MODULE, b"")
        for _ in range(3):
            ic.update(name, "add", b"")
    return [(folder / "network.log").read_bytes()]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("state")
    (content,) = small(folder)
    return content


def opened(folder: Path, content: bytes) -> list[Any]:
    """Put a log into a folder and return what its network holds."""
    folder.mkdir(exist_ok=True)
    (folder / "network.log").write_bytes(content)
    with Replica(state=folder) as ic:
        return [canister.version for canister in ic.engine.canisters.look()]


@settings(max_examples=60, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_byte_that_changed_is_refused(
    tmp_path_factory: pytest.TempPathFactory, log: bytes, place: float, bit: int
) -> None:
    content = bytearray(log)
    content[int(place * len(log))] ^= 1 << bit
    with pytest.raises(StateError) as raised:
        opened(tmp_path_factory.mktemp("damaged"), bytes(content))
    assert raised.value.exit_code == 3
    assert raised.value.hint


@settings(max_examples=40, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True))
def test_what_was_being_written_is_cut_off(tmp_path_factory: pytest.TempPathFactory, log: bytes, place: float) -> None:
    whole = opened(tmp_path_factory.mktemp("whole"), log)[0]
    first = len(MAGIC) + 4
    content = log[: first + int(place * (len(log) - first))]
    versions = opened(tmp_path_factory.mktemp("cut"), content)
    assert not versions or versions[0] <= whole


@pytest.mark.parametrize(
    ("content", "what"),
    [
        pytest.param(b"", "not the state", id="nothing"),
        pytest.param(b"something else", "not the state", id="another file"),
        pytest.param(MAGIC + b"\2\0\0\0", "version 2", id="a later version"),
    ],
)
def test_what_is_no_state_of_ours_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "network.log").write_bytes(content)
    with pytest.raises(StateError, match=what):
        Replica(state=tmp_path)
    assert (tmp_path / "network.log").read_bytes() == content


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with Replica(state=tmp_path), pytest.raises(StateError, match="another process uses"):
        Replica(state=tmp_path)
    Replica(state=tmp_path).close()


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    before = os.umask(0)
    try:
        small(folder)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert modes == {"state": 0o700, "network.log": 0o600, "network.lock": 0o600}


def test_what_nothing_refers_to_any_more_goes_when_the_log_is_rewritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Replica(state=tmp_path) as ic:
        name = ic.create()
        ic.install(name, registry.module(registry.FIRST))
        for _ in range(20):
            registry.call(ic, name, registry.FIRST, "setMetadata", '("k", "v")')
        grown = (tmp_path / "network.log").stat().st_size
        monkeypatch.setattr(store, "_ROOM", 0)
        for _ in range(20):
            registry.call(ic, name, registry.FIRST, "setMetadata", '("k", "v")')
        assert (tmp_path / "network.log").stat().st_size < grown
        before = everything(ic)
    with Replica(state=tmp_path) as ic:
        assert everything(ic) == before


def test_a_failure_to_write_stops_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_log: Log, _content: bytes) -> int:
        raise OSError(28, "No space left on device")

    with Replica(state=tmp_path) as ic:
        name = ic.create()
        ic.install(name, MODULE, b"")
        ic.update(name, "add", b"")
        with monkeypatch.context() as patched:
            patched.setattr(Log, "append", full)
            with pytest.raises(OSError, match="No space"):
                ic.update(name, "add", b"")
        with pytest.raises(Reject, match="the network failed before"):
            ic.update(name, "add", b"")
    with Replica(state=tmp_path) as ic:
        assert int.from_bytes(ic.query(name, "get")[:8], "little") == 1
