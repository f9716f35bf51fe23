"""How fast the stable variables of a memory are read, compared and written, by the size of the heap that is in use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from replica import Replica
from tests.heap.canister import Program, write_snapshot
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = (2_000, 20_000, 200_000)  # about 1, 10 and 100 MB; `rows` keeps each in a map and in a list
_BATCH = 2_000  # rows a call
_COMMANDS = ("show", "export", "diff")


def lines(rows: tuple[int, ...] = ROWS) -> Iterator[str]:
    """Yield the report line by line, while it is measured."""
    yield f"stable variables of a snapshot, one of {os.cpu_count()} cores, Python {sys.version.split()[0]}"
    yield "  heap in use of image: show; export; diff with the same and one entry changed (each: CPU time, MB/s, peak MB)"
    with tempfile.TemporaryDirectory() as name:
        for count in rows:
            yield _measured(Path(name) / str(count), count)


def _measured(folder: Path, rows: int) -> str:
    with Replica() as ic:
        program = Program("containers", ic)
        for start in range(0, rows, _BATCH):
            program.call("rows", f"({start}, {min(rows, start + _BATCH)})")
        write_snapshot(ic.snapshot(program.id), folder / "before")
        program.call("change", f'({rows // 2}, "changed")')
        write_snapshot(ic.snapshot(program.id), folder / "after")
    told = {command: _timed(folder, command) for command in _COMMANDS}
    used = told["show"]["used"] / 1e6
    image = (folder / "before" / "wasm_memory.bin").stat().st_size / 1e6
    parts = [f"{t['seconds']:.2f} s, {used * t['sides'] / t['seconds']:.0f} MB/s, {t['peak']}" for t in told.values()]
    return f"  {used:,.1f} MB of {image:,.0f} MB, {rows:,} rows: {'; '.join(parts)}; {told['diff']['summary']}"


def _timed(folder: Path, command: str) -> dict[str, Any]:
    """Measure in a process of its own, whose peak of memory is of nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.proof.state", command, str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        encoding="utf-8",
        timeout=3600,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _run(command: str, folder: Path) -> dict[str, Any]:
    """Do what the command does, without its start."""
    import gc

    from analyzer.heap.diff import compare
    from analyzer.heap.export import Export
    from analyzer.heap.measure import Sizes
    from ctxcheck.snapshots import open_snapshot

    gc.disable()  # as the command does
    begun = time.process_time()
    state = open_snapshot(str(folder / "before")).state
    told: dict[str, Any] = {"sides": 1}
    if command == "show":
        sizes = Sizes(state.image)
        told["used"] = sum(sizes.add(variable.word) for variable in state.variables)
        told["objects"] = sizes.objects
    elif command == "export":
        with Path(os.devnull).open("w", encoding="utf-8") as file:
            file.writelines(Export(state).document())
    else:
        result = compare(state, open_snapshot(str(folder / "after")).state)
        told |= {"summary": result.summary(), "sides": 2}
    told["seconds"] = time.process_time() - begun
    told["peak"] = _peak()
    return told


def _peak() -> int:
    """Return the most memory that this process held, in MB: getrusage also counts whoever started it."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) // 1000


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_run(sys.argv[1], Path(sys.argv[2]))))
