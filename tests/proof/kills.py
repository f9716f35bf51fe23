"""Kill a network at random moments: nothing that it acknowledged is lost, nothing is half done, nothing is done twice.

A canister counts in its heap, in a global and in its stable memory, and another one counts what it is told by the first:
all four must be equal at every start. Calls without an answer are sent again, byte for byte, when the network is back.
"""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from analyzer.candid.principal import Principal
from replica import Replica
from replica.note import Note, Place
from tests.replica.gateway.sender import anonymous, call_path, content, leaves, post, query_path
from tests.replica.wat import REPLY, canister, method
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS = 4
_LONGEST = 0.25  # seconds before a kill
_START = 30  # seconds for a network to answer
COUNTING = f"""
(type $callback (func (param i32)))
(table funcref (elem $told $told))
(global $count (mut i64) (i64.const 0))
(func $told (param i32) (call $msg_reply))
{
    method(
        "add",
        f'''
  (local $n i32)
  (global.set $count (i64.add (global.get $count) (i64.const 1)))
  (i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))
  (if (i64.eqz (call $stable64_size)) (then (drop (call $stable64_grow (i64.const 1)))))
  (call $stable64_write (i64.const 0) (i64.const 0) (i64.const 8))
  (local.set $n (call $msg_arg_data_size))
  (if (i32.eqz (local.get $n)) (then {REPLY} (return)))
  (call $msg_arg_data_copy (i32.const 100) (i32.const 0) (local.get $n))
  (i32.store (i32.const 200) (i32.const 0x00646461)) ;; add
  (call $call_new (i32.const 100) (local.get $n) (i32.const 200) (i32.const 3)
    (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
  (drop (call $call_perform))''',
    )
}
{
    method(
        "get",
        f'''
  (i64.store (i32.const 8) (global.get $count))
  (if (i64.ne (call $stable64_size) (i64.const 0))
    (then (call $stable64_read (i64.const 16) (i64.const 0) (i64.const 8))))
  (call $msg_reply_data_append (i32.const 0) (i32.const 24)) {REPLY}''',
        "query",
    )
}
"""


@dataclass
class Tally:
    """What was seen. starts: seconds until the network answered again."""

    kills: int = 0
    acknowledged: int = 0
    resent: int = 0
    starts: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        slowest = max(self.starts, default=0)
        return (
            f"{self.kills} kills, {self.acknowledged} calls acknowledged, {self.resent} sent again: "
            f"{len(self.wrong)} wrong; slowest start {slowest:.2f} s"
        )


def kill(count: int, seed: int) -> Iterator[Tally]:
    """Kill so often, and give the tally after each."""
    chance, tally = random.Random(seed), Tally()
    with TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        with Replica(state=state) as ic:
            names = [Principal.parse(ic.create()) for _ in range(2)]
            for name in names:
                ic.install(str(name), canister(COUNTING), b"")
        sent: dict[int, bytes] = {}
        answered: set[int] = set()
        for _ in range(count):
            process, note = _start(Path(folder), state, tally)
            _compare(note, names, sent, answered, tally)
            ended = threading.Event()
            with ThreadPoolExecutor(CLIENTS) as pool:
                for _client in range(CLIENTS):
                    pool.submit(_send, note, names, sent, answered, ended)
                time.sleep(chance.uniform(0, _LONGEST))
                process.kill()
                ended.set()
            process.wait()
            tally.kills += 1
            tally.acknowledged = len(answered)
            yield tally
        process, note = _start(Path(folder), state, tally)
        _compare(note, names, sent, answered, tally)
        process.terminate()
        if process.wait(_START) != 0:
            tally.wrong.append("a network that is asked to stop does not end well")
        yield tally


def _start(folder: Path, state: Path, tally: Tally) -> tuple[subprocess.Popen[bytes], Note]:
    started = time.monotonic()
    place = Place(folder / "ready.json")
    command = [sys.executable, "-m", "ctxcheck", "replica", "start", f"--state={state}", f"--ready-file={place.path}"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    while time.monotonic() < started + _START:
        note = place.read()
        if note is not None and note.pid == process.pid:
            tally.starts.append(time.monotonic() - started)
            return process, note
        time.sleep(0.01)
    process.kill()
    msg = "the network does not start again"
    raise TimeoutError(msg)


def _send(
    note: Note, names: list[Principal], sent: dict[int, bytes], answered: set[int], ended: threading.Event
) -> None:
    """Send one call after the other until the network is gone."""
    while not ended.is_set():
        body = anonymous(content(canister_id=names[0].raw, method_name="add", arg=names[1].raw))
        sent[id(body)] = body
        if not _settled(note, names[0], body):
            return
        answered.add(id(body))


def _settled(note: Note, name: Principal, body: bytes) -> bool:
    """Send a call and tell whether it is acknowledged."""
    try:
        said = post(note.url, call_path(canister=name), body)
    except OSError:
        return False
    if said.status != HTTPStatus.OK:
        return False
    values = leaves(said.fields()["certificate"])
    return b"replied" in values.values()


def _compare(note: Note, names: list[Principal], sent: dict[int, bytes], answered: set[int], tally: Tally) -> None:
    """Send again what was not answered, and count."""
    counts = [_counts(note, name) for name in names]
    if len(set(counts[0])) > 1 or len(set(counts[1])) > 1:
        tally.wrong.append(f"half done: {counts}")
    if counts[0][0] < len(answered):
        tally.wrong.append(f"lost: {len(answered)} acknowledged, {counts[0][0]} there")
    for key, body in sent.items():
        if key not in answered:
            tally.resent += 1
            if not _settled(note, names[0], body):
                tally.wrong.append("a call that was sent again is not answered")
            answered.add(key)
    counts = [_counts(note, name) for name in names]
    if {one for part in counts for one in part} != {len(sent)}:
        tally.wrong.append(f"{len(sent)} sent, and the canisters count {counts}")


def _counts(note: Note, name: Principal) -> tuple[int, ...]:
    asked = content("query", canister_id=name.raw, method_name="get", arg=b"")
    said: bytes = post(note.url, query_path(canister=name), anonymous(asked)).fields()["reply"]["arg"]
    return tuple(int.from_bytes(said[at : at + 8], "little") for at in (0, 8, 16))
