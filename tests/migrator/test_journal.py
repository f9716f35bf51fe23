"""Journals: what was acknowledged is there, what was torn is gone, what was changed is found, wherever a process dies."""

from __future__ import annotations

import json
import random
import resource
import signal
import stat
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.failures import OperatorNeeded
from migrator.journal.envelopes import Envelopes
from migrator.journal.file import NAME, DamagedJournal, Journal, read_journal, read_records
from migrator.journal.record import FIRST, Record, chained
from migrator.journal.replay import RunState, apply, replay
from migrator.lock import LockHeld, locked
from tests.shared import ROOT

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ["run", "begin", "undo", "fact", "prepare", "replied", "rejected", "never", "done", "undone", "fail", "held", "resumed", "outcome", "note"]  # fmt: skip


def data_of(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    text = st.text(max_size=5)
    match kind:
        case "prepare":
            fixed = {"action": text, "request": text, "expiry": st.integers(0, 1 << 60)}
            return st.fixed_dictionaries(fixed)
        case "outcome":
            return st.fixed_dictionaries({"outcome": st.sampled_from(["committed", "refused"])})
        case _:
            return st.dictionaries(text, st.none() | st.integers() | text, max_size=3)


@st.composite
def records(draw: st.DrawFn) -> list[Record]:
    found: list[Record] = []
    prev = FIRST
    for seq in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from(KINDS))
        about = (draw(st.sampled_from(["", "a", "b"])), draw(st.sampled_from(["", "stop", "install"])))
        found.append(chained(seq, draw(st.integers(0, 1 << 62)), kind, about, draw(data_of(kind)), prev))
        prev = found[-1].hash
    return found


@settings(deadline=None)
@given(records(), st.data())
def test_replay_can_be_done_again(found: list[Record], data: st.DataObject) -> None:
    whole = replay(found)
    assert replay(found) == whole
    state = RunState()
    for record in found:
        apply(state, record)
        for again in found[: data.draw(st.integers(0, record.seq + 1))]:
            apply(state, again)  # what was taken in already changes nothing
    assert state == whole
    half = data.draw(st.integers(0, len(found)))
    state = replay(found[:half])
    for record in found:
        apply(state, record)
    assert state == whole
    if len(found) > 1:
        with pytest.raises(ValueError, match="comes after"):
            apply(replay(found[:0]), found[1])


@settings(max_examples=15, deadline=None)
@given(records())
def test_every_place_to_die_in_leaves_whole_records(
    tmp_path_factory: pytest.TempPathFactory, found: list[Record]
) -> None:
    content = b"".join(record.line() for record in found)
    folder = tmp_path_factory.mktemp("torn")
    ends = [i + 1 for i, byte in enumerate(content) if byte == 10]
    for end in {*range(0, len(content) + 1, 61), *ends, *(e - 1 for e in ends)}:
        (folder / NAME).write_bytes(content[:end])
        whole = content[:end].count(b"\n")
        assert read_journal(folder) == found[:whole]
        journal = Journal(folder)
        assert journal.records == found[:whole]
        journal.append("note", text="goes on")
        journal.close()
        assert [one.kind for one in read_journal(folder)] == [*(one.kind for one in found[:whole]), "note"]


@settings(max_examples=200, deadline=None)
@given(records().filter(bool), st.data())
def test_any_change_is_found(found: list[Record], data: st.DataObject) -> None:
    content = bytearray(b"".join(record.line() for record in found))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= 1 << data.draw(st.integers(0, 7))
    kept = bytes(content[: content.rfind(b"\n") + 1])  # the last line's end may be what was changed
    if at == len(content) - 1:
        assert read_records(kept, "x") == found[:-1]
        return
    with pytest.raises(DamagedJournal, match=r"line \d+"):
        read_records(kept, "x")


@pytest.mark.parametrize("what", ["left out", "swapped", "twice", "of another run", "nonsense", "too deep"])
def test_lines_that_do_not_belong(tmp_path: Path, what: str) -> None:
    journal = Journal(tmp_path / "a")
    other = Journal(tmp_path / "b")
    for number in range(4):
        journal.append("note", number=number)
        other.append("note", number=number, other=True)
    lines = (tmp_path / "a" / NAME).read_bytes().splitlines(keepends=True)
    match what:
        case "left out":
            del lines[1]
        case "swapped":
            lines[1], lines[2] = lines[2], lines[1]
        case "twice":
            lines.insert(1, lines[1])
        case "of another run":
            lines[1] = other.records[1].line()
        case "nonsense":
            lines[1] = b"{}\n"
        case "too deep":
            lines[1] = b"[" * 100_000 + b"\n"
    (tmp_path / "a" / NAME).write_bytes(b"".join(lines))
    with pytest.raises(DamagedJournal, match=r"line [23]") as raised:
        Journal(tmp_path / "a")
    assert raised.value.exit_code == 6
    journal.close()
    other.close()


def test_people_can_read_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path, clock=lambda: 7)
    journal.append("begin", "app", "stop", why="because")
    journal.close()
    (line,) = (tmp_path / NAME).read_text("ascii").splitlines()
    told = json.loads(line)
    assert (told["kind"], told["target"], told["step"], told["time"]) == ("begin", "app", "stop", 7)
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


WRITER = """
import sys
from pathlib import Path
from migrator.journal.envelopes import Envelopes
from migrator.journal.file import Journal
journal, envelopes = Journal(Path(sys.argv[1])), Envelopes(Path(sys.argv[1]))
for number in range(100_000):
    name = f"{number:08x}"
    envelopes.keep(name, {"data": "00" * 500})
    journal.append("prepare", "app", "stop", action="stop", request=name, expiry=number)
    print(number, flush=True)
    journal.append("replied", "app", "stop")
    envelopes.drop(name)
"""


@pytest.mark.parametrize("seed", range(6))
def test_killed_while_writing(tmp_path: Path, seed: int) -> None:
    random.seed(seed)
    acknowledged = -1
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(random.random() * 0.15)
            child.send_signal(signal.SIGKILL)
            told = child.stdout.read().split()
        acknowledged = len(told)
    found = read_journal(tmp_path)
    prepared = [record for record in found if record.kind == "prepare"]
    assert len(prepared) >= acknowledged > -1
    # Whatever is not known to be over can be asked about: its request was kept before it was spoken of.
    effect = replay(found).targets["app"].effect
    if effect is not None:
        assert effect.request in Envelopes(tmp_path).names()
    journal = Journal(tmp_path)
    journal.append("note")
    journal.close()
    assert len(read_journal(tmp_path)) == len(found) + 1


def test_envelopes_are_their_owners_alone(tmp_path: Path) -> None:
    envelopes = Envelopes(tmp_path)
    envelopes.keep("ab12", {"data": "secret"})
    path = tmp_path / "envelopes" / "ab12.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert envelopes.find("ab12") == {"data": "secret"}
    envelopes.drop("ab12")
    envelopes.drop("ab12")
    assert (envelopes.find("ab12"), envelopes.names()) == (None, [])
    for name in ("../x", "", "A", "ab/12"):
        with pytest.raises(ValueError, match="no id"):
            envelopes.find(name)


HOLDER = """
import sys, time
from pathlib import Path
from migrator.lock import locked
with locked(Path(sys.argv[1]), "key", ["b", "a"], "run-1"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_one_run_to_a_canister(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        with (
            pytest.raises(LockHeld, match=f"run run-1, process {child.pid}") as raised,
            locked(tmp_path, "key", ["c", "b"], "mine"),
        ):
            pass
        assert raised.value.exit_code == 7
        with locked(tmp_path, "another network", ["b"], "mine"), locked(tmp_path, "key", ["c"], "mine"):
            pass
        child.kill()
    with locked(tmp_path, "key", ["a", "b", "c"], "mine"):
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (tmp_path / "locks").glob("*"))


def test_half_a_record_on_a_full_disk_is_taken_off(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append("run", run="x")
    size = journal.path.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, hard))
    try:
        with pytest.raises(OperatorNeeded, match="the journal cannot be written: File too large"):
            journal.append("begin", "a", "stop")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert journal.path.stat().st_size == size
    journal.append("begin", "a", "stop")
    journal.close()
    assert [record.kind for record in read_journal(tmp_path)] == ["run", "begin"]
