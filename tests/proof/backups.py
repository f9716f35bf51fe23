"""How fast snapshots are backed up and restored, beside icp-cli on the same network, which is a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from replica import Replica
from replica.note import Place
from tests.heap.canister import Program
from tests.replica import registry
from tests.replica.icp import INSTALLED
from tests.replica.wat import REPLY, canister, method
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS = (2_000, 40_000, 1_020_000)  # memories of about 7 MiB, 100 MiB and 1 GiB
_BATCH = 2_000  # rows a call
_NOISE = 100  # MiB


class Timed(NamedTuple):
    seconds: float
    peak: int  # MiB of memory


def lines(rows: tuple[int, ...] = ROWS) -> Iterator[str]:
    """Yield the report line by line, while it is measured."""
    yield f"snapshots, {os.cpu_count()} cores; ours takes the snapshot too, verifies every certificate and hashes every piece"
    yield "  what: ours, icp-cli (time down; time up); bytes kept of all, second backup; our peak memory"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield _measured(folder / "registry", "Context Registry", _registry)
        for count in rows:
            yield _measured(folder / str(count), f"{count:,} rows", partial(_rows, count))
            shutil.rmtree(folder / str(count))
        yield _measured(folder / "noise", "random bytes", _noise)


def _registry(ic: Replica) -> str:
    name = ic.create()
    ic.install(name, registry.module(registry.FIRST), b"DIDL\0\0")
    registry.fill(ic, name)
    return name


def _rows(count: int, ic: Replica) -> str:
    """Return a Motoko program that keeps each row in a map and in a list."""
    program = Program("containers", ic)
    for start in range(0, count, _BATCH):
        program.call("rows", f"({start}, {min(count, start + _BATCH)})")
    return program.id


def _noise(ic: Replica) -> str:
    """Return a canister full of bytes in which nothing comes twice (xorshift64)."""
    module = canister(
        f"""{method("fill", f'''(local $i i32) (local $x i64) (local.set $x (i64.const 88172645463325252))
          (block $end (loop $next
            (br_if $end (i32.ge_u (local.get $i) (i32.const {_NOISE << 20})))
            (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 13))))
            (local.set $x (i64.xor (local.get $x) (i64.shr_u (local.get $x) (i64.const 7))))
            (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 17))))
            (i64.store (local.get $i) (local.get $x))
            (local.set $i (i32.add (local.get $i) (i32.const 8))) (br $next))) {REPLY}''')}""",
        memory=str(_NOISE * 16),
        imports="msg_reply",
    )  # fmt: skip
    name = ic.create()
    ic.install(name, module)
    ic.update(name, "fill", b"")
    return name


def _prepared(state: Path, made: Callable[[Replica], str]) -> tuple[str, str]:
    with Replica(state=state) as ic:
        return made(ic), ic.create()


def _measured(folder: Path, label: str, made: Callable[[Replica], str]) -> str:
    folder.mkdir(parents=True)
    # In a process of its own: what this one has ever held counts as the peak of those that it starts.
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:
        name, other = apart.submit(_prepared, folder / "state", made).result()
    with _served(folder) as (url, key):
        on = ("-n", url, "-k", key)
        ours = _run(folder, _ctxcheck("backup", name, *on, "--no-files", "--no-data"))
        kept = _bytes(folder / ".ctxcheck" / "store")
        _run(folder, _ctxcheck("backup", name, *on, "--no-files", "--no-data"))
        more = _bytes(folder / ".ctxcheck" / "store") - kept
        backup = min((folder / "backups").glob("snapshot-*")).name
        icp = ("--identity", "anonymous", *on)
        _run(folder, [str(INSTALLED), "canister", "stop", name, *icp])
        taking = _run(folder, [str(INSTALLED), "canister", "snapshot", "create", name, *icp])
        taken = _snapshots(folder, name, icp)[0]
        theirs = _run(
            folder, [str(INSTALLED), "canister", "snapshot", "download", name, taken, "--output", "snap", *icp]
        )
        whole = _bytes(folder / "snap")
        up = _run(folder, _ctxcheck("restore", backup, *on, "--to", other, "-y"))
        there = _snapshots(folder, other, icp)
        up_theirs = _run(folder, [str(INSTALLED), "canister", "snapshot", "upload", other, "--input", "snap", *icp])
        (uploaded,) = set(_snapshots(folder, other, icp)) - set(there)
        _run(folder, [str(INSTALLED), "canister", "stop", other, *icp])
        loading = _run(folder, [str(INSTALLED), "canister", "snapshot", "restore", other, uploaded, *icp])
    return (
        f"  {label}: down {ours.seconds:.2f} s, {theirs.seconds:.2f} s and {taking.seconds:.2f} s to take it; "
        f"up and loaded {up.seconds:.2f} s, {up_theirs.seconds:.2f} s and {loading.seconds:.2f} s to load it; "
        f"kept {kept / whole:.2f} of {whole / 2**20:.1f} MiB, then {more / 2**20:.2f} MiB more; peak {ours.peak} MiB"
    )


def _snapshots(folder: Path, name: str, icp: tuple[str, ...]) -> list[str]:
    listed = subprocess.run(
        [str(INSTALLED), "canister", "snapshot", "list", name, "--json", *icp],
        cwd=folder, env=_environment(folder), capture_output=True, check=True,
    )  # fmt: skip
    return [one["snapshot_id"] for one in json.loads(listed.stdout)["snapshots"]]


def _ctxcheck(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "ctxcheck", *arguments]


def _environment(folder: Path) -> dict[str, str]:
    home = {"HOME": str(folder), "ICP_HOME": str(folder / "home"), "DO_NOT_TRACK": "1"}
    return {**os.environ, **home, "PYTHONPATH": str(ROOT)}


def _run(folder: Path, command: list[str]) -> Timed:
    started = time.perf_counter()
    with (folder / "errors.txt").open("wb") as errors:
        process = subprocess.Popen(
            command, cwd=folder, env=_environment(folder), stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError((folder / "errors.txt").read_text("utf-8"))
    return Timed(time.perf_counter() - started, usage.ru_maxrss // 1024)


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@contextmanager
def _served(folder: Path) -> Iterator[tuple[str, str]]:
    place = Place(folder / "ready.json")
    command = _ctxcheck("replica", "start", "--state", str(folder / "state"), "--ready-file", str(place.path))
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while (note := place.read()) is None and time.monotonic() < until:
        time.sleep(0.05)
    assert note is not None
    try:
        yield note.url, note.root_key
    finally:
        process.terminate()
        process.wait()
