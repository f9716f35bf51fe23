"""How fast snapshots are backed up and restored, beside icp-cli on the same network, which is a process of its own."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from replica import Replica
from replica.note import Place
from tests.replica import registry
from tests.replica.icp import INSTALLED
from tests.replica.wat import REPLY, canister, method
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = (1, 100, 512)  # MiB of heap
_NOISE = 1 << 20  # bytes of a pattern that does not compress


class Timed(NamedTuple):
    seconds: float
    peak: int  # MiB of memory


def lines() -> Iterator[str]:
    """Yield the report line by line, while it is measured."""
    yield f"snapshots, {os.cpu_count()} cores; ours verifies every certificate and hashes every piece"
    yield "  heap: ours, icp-cli (time down; time up); bytes kept of all, second backup; our peak memory"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for size in SIZES:
            yield _one(folder / str(size), size)
        yield _fixture(folder / "fixture")


def _one(folder: Path, size: int) -> str:
    """Measure a heap of which a quarter is noise, and the rest one value or zeros."""
    pages = size * 16
    noise = random.Random(1).randbytes(_NOISE).hex()
    data = "".join(f"\\{noise[at : at + 2]}" for at in range(0, len(noise), 2))
    module = canister(
        f"""(data $noise "{data}")
        {method("fill", f'''(local $i i32) (block $end (loop $next
          (br_if $end (i32.ge_u (local.get $i) (i32.const {size})))
          (memory.init $noise (i32.mul (local.get $i) (i32.const {4 * _NOISE // 4})) (i32.const 0) (i32.const {_NOISE // 4}))
          (i32.store (i32.mul (local.get $i) (i32.const {_NOISE})) (local.get $i))
          (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $next))) {REPLY}''')}""",
        memory=str(pages),
        imports="msg_reply",
    )  # fmt: skip
    return _measured(folder, f"{size:>4} MiB", module, fill=True)


def _fixture(folder: Path) -> str:
    return _measured(folder, "Context Registry", registry.module(registry.FIRST), fill=False)


def _measured(folder: Path, label: str, module: bytes, *, fill: bool) -> str:
    folder.mkdir(parents=True)
    with Replica(state=folder / "state") as ic:
        name, other = ic.create(), ic.create()
        ic.install(name, module, b"" if fill else b"DIDL\0\0")
        if fill:
            ic.update(name, "fill", b"")
        else:
            registry.fill(ic, name)
    with _served(folder) as (url, key):
        on = ("-n", url, "-k", key)
        ours = _run(folder, _ctxcheck("backup", name, *on, "--no-files", "--no-data"))
        kept = _bytes(folder / ".ctxcheck" / "store")
        _run(folder, _ctxcheck("backup", name, *on, "--no-files", "--no-data"))
        more = _bytes(folder / ".ctxcheck" / "store") - kept
        backup = min((folder / "backups").glob("snapshot-*")).name
        icp = ("--identity", "anonymous", *on)
        _run(folder, [str(INSTALLED), "canister", "stop", name, *icp])
        _run(folder, [str(INSTALLED), "canister", "snapshot", "create", name, *icp])
        listed = subprocess.run(
            [str(INSTALLED), "canister", "snapshot", "list", name, "--json", *icp],
            cwd=folder, env=_environment(folder), capture_output=True, check=True,
        )  # fmt: skip
        taken = json.loads(listed.stdout)["snapshots"][0]["snapshot_id"]
        theirs = _run(
            folder, [str(INSTALLED), "canister", "snapshot", "download", name, taken, "--output", "snap", *icp]
        )
        whole = _bytes(folder / "snap")
        up = _run(folder, _ctxcheck("restore", backup, *on, "--to", other, "-y"))
        up_theirs = _run(folder, [str(INSTALLED), "canister", "snapshot", "upload", other, "--input", "snap", *icp])
    return (
        f"  {label}: down {ours.seconds:.2f} s, {theirs.seconds:.2f} s; up {up.seconds:.2f} s, {up_theirs.seconds:.2f} s; "
        f"kept {kept / whole:.2f} of {whole / 2**20:.1f} MiB, then {more / 2**20:.2f} MiB more; peak {ours.peak} MiB"
    )


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
