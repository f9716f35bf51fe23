"""How fast the embedded network is, over memories of growing size, and over HTTP."""

from __future__ import annotations

import http.client
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from analyzer.candid.principal import Principal
from replica import Reject, Replica
from replica.memory import system
from tests.proof.kills import COUNTING
from tests.replica import registry
from tests.replica.gateway.sender import anonymous, call_path, content, query_path
from tests.replica.wat import REPLY, canister, method
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZES = (10, 100, 400, 1024)  # MiB
RUNS = 20
CALLS = 2000
CANISTERS = 1000
ADD = "(i64.store (i64.const 123456) (i64.add (i64.load (i64.const 123456)) (i64.const 1)))"


def lines() -> Iterator[str]:
    """Yield the report line by line, while it is measured. Aims stand in brackets; nothing fails."""
    how = "mapped copy-on-write" if system.is_there() else "copied"
    yield f"embedded network, {os.cpu_count()} cores, Python {platform.python_version()}, memories {how} (ms)"
    names = "fill, update, query, trap rolled back, snapshot, fork and its first query, upgrade, load and first query"
    yield f"  MiB of memory: {names}"
    for size in SIZES:
        yield f"  {size:>5}: " + ", ".join(f"{value:.2f}" for value in _of_size(size << 20))
    yield "  (aims: query and rollback under 1, snapshot and fork under 10, 1 GiB ready for a query within 500)"
    yield from _calls()
    yield from _many()
    yield from _http()
    yield f"  a process that answers, from its start: {_start():.2f} s (0.5)"


def _ms(run: Callable[[], object], runs: int = 1) -> float:
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)


def _of_size(size: int) -> list[float]:
    module = canister(
        f"""(@custom "icp:private enhanced-orthogonal-persistence" "1")
        {
            method(
                "fill",
                f'''(local $i i64) (block $end (loop $next (br_if $end (i64.ge_u (local.get $i) (i64.const {size})))
          (i64.store (local.get $i) (i64.const -1)) (local.set $i (i64.add (local.get $i) (i64.const 4096)))
          (br $next))) {REPLY}''',
            )
        }
        {method("add", f"{ADD} {REPLY}")} {method("peek", f"{ADD} {REPLY}", "query")} {
            method("fall", f"{ADD} unreachable")
        }
        """,
        wide=True,
        memory=str(size >> 16),
        imports="msg_reply",
    )
    with Replica() as ic:
        name = ic.create()
        ic.install(name, module, b"")
        found = [_ms(lambda: ic.update(name, "fill", b""))]
        found.append(_ms(lambda: ic.update(name, "add", b""), RUNS))
        found.append(_ms(lambda: ic.query(name, "peek", b""), RUNS))

        def fall() -> None:
            with suppress(Reject):
                ic.update(name, "fall", b"")

        found.append(_ms(fall, RUNS))
        kept = ic.snapshot(name)
        found.append(_ms(lambda: ic.snapshot(name), RUNS))

        def fork() -> None:
            with ic.fork(name) as trial:
                ic.query(trial, "peek", b"")

        found.append(_ms(fork, RUNS))
        found.append(_ms(lambda: ic.upgrade(name, module, b"", persistence="keep"), RUNS))

        def load() -> None:
            ic.load(name, kept)
            ic.query(name, "peek", b"")

        found.append(_ms(load, RUNS))
        return found


def _calls() -> Iterator[str]:
    with Replica() as ic:
        name, motoko = ic.create(), ic.create()
        ic.install(name, canister(COUNTING), b"")
        ic.install(motoko, registry.module(registry.FIRST))
        registry.fill(ic, motoko)
        rates = {
            "updates": _ms(lambda: ic.update(name, "add", b""), CALLS),
            "queries": _ms(lambda: ic.query(name, "get", b""), CALLS),
            "updates of a Motoko canister": _ms(
                lambda: registry.call(ic, motoko, registry.FIRST, "setMetadata", '("k", "v")'), CALLS // 4
            ),
        }
        told = ", ".join(f"{1000 / ms:,.0f} {what}/s" for what, ms in rates.items())
        yield f"  in process: {told} (3,000 updates)"


def _many() -> Iterator[str]:
    module = canister(COUNTING)
    before = _resident()
    with Replica() as ic:
        started = time.perf_counter()
        names = [ic.create() for _ in range(CANISTERS)]
        for name in names:
            ic.install(name, module, b"")
        seconds = time.perf_counter() - started
        each = (_resident() - before) / CANISTERS
        yield f"  {CANISTERS:,} canisters installed in {seconds:.1f} s, {each:.2f} MiB each (0.3)"


def _resident() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (line,) = (line for line in status.read_text("ascii").splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _http() -> Iterator[str]:
    with Replica() as ic:
        name = ic.create()
        ic.install(name, canister(COUNTING), b"")
        principal = Principal.parse(name)
        with ic.serve() as server:

            def ask(kind: str, what: str, path: str, count: int) -> None:
                connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
                for _ in range(count):
                    fields = content(kind, canister_id=principal.raw, method_name=what, arg=b"")
                    connection.request("POST", path, anonymous(fields), {"content-type": "application/cbor"})
                    connection.getresponse().read()
                connection.close()

            told = []
            for kind, what, path, aim in (
                ("call", "add", call_path(canister=principal), 200),
                ("query", "get", query_path(canister=principal), 600),
            ):
                for clients in (1, 8):
                    started = time.perf_counter()
                    with ThreadPoolExecutor(clients) as pool:
                        for _ in range(clients):
                            pool.submit(ask, kind, what, path, 400 // clients)
                    rate = 400 / (time.perf_counter() - started)
                    plural = {"call": "calls", "query": "queries"}[kind]
                    told.append(f"{rate:.0f} {plural}/s of {clients} ({aim})")
            yield f"  over HTTP, certified and signed, clients in the same process: {', '.join(told)}"


def _start() -> float:
    times = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(5):
            note = Path(folder) / "note.json"
            command = [sys.executable, "-m", "ctxcheck", "replica", "start", "--ready-file", str(note)]
            started = time.perf_counter()
            process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
            assert process.stdout is not None
            process.stdout.readline()
            times.append(time.perf_counter() - started)
            process.terminate()
            process.communicate()
    return statistics.median(times)
