"""Measure how long comparisons take: in a process that runs already, and as commands, in turn with the official ones."""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.candid.parse import parse_candid
from tests.oracles import oracle
from tests.proof import growth, values
from tests.proof.agreement import SURFACES, pair_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "cases" / "candid-real.jsonl"
PAIRS = 1000
RUNS = 15  # of each command, in turn
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|->|[A-Za-z0-9_]+|[^\sA-Za-z0-9_]')


def lines() -> Iterator[str]:
    """Yield the report line by line, while it is measured."""
    yield f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()} {platform.system()}"
    yield ""
    yield "one process, random pairs (text to report)"
    for surface in SURFACES.values():
        texts = [(p.old_text, p.new_text) for p in (pair_of(surface, 1, number) for number in range(PAIRS))]
        surface.ours(*texts[0])  # loads the tables
        seconds = [_seconds(lambda pair=pair, ours=surface.ours: ours(*pair)) for pair in texts]  # type: ignore[misc]
        yield f"  {surface.name:<8} {PAIRS / sum(seconds):7.0f} pairs/s  median {statistics.median(seconds) * 1000:.2f} ms"
    yield from _real()
    yield ""
    yield "values (one process, medians)"
    yield from values.lines()
    yield ""
    yield "growth (each in a process of its own)"
    yield from growth.lines()
    yield ""
    yield from _beside_the_official()


def _real() -> Iterator[str]:
    """Yield the rate from text to checked types on real interfaces, read one after the other."""
    if not REAL.exists():
        yield "  real interfaces: not beside this checkout"
        return
    with REAL.open(encoding="utf-8") as cases:
        texts = [text for case in map(json.loads, cases) for text in (case["old"], case["new"])]
    tokens = sum(len(_TOKEN.findall(re.sub(r"//[^\n]*", "", text))) for text in texts)
    seconds = statistics.median(_seconds(lambda: [parse_candid(text) for text in texts]) for _ in range(5))
    rate = tokens / seconds
    yield f"  real interfaces, text to checked types: {rate:,.0f} tokens/s ({tokens:,} tokens, median of 5)"


def _beside_the_official() -> Iterator[str]:
    reason = oracle.missing()
    if reason is not None:
        yield f"beside the official checkers: {reason}"
        return
    yield f"whole processes in turn with the official checkers (medians of {RUNS}, wall time)"
    with tempfile.TemporaryDirectory() as folder:
        for name, suffix, texts in _files():
            old, new = (Path(folder) / f"{side}.{suffix}" for side in ("old", "new"))
            for path, text in zip((old, new), texts, strict=True):
                path.write_text(text, "utf-8")
            checker, paths = ("candid.mjs", (new, old)) if suffix == "did" else ("stable.mjs", (old, new))
            ours = [sys.executable, "-m", "ctxcheck", "diff", str(old), str(new)]
            theirs = ["node", str(oracle.FOLDER / checker), *map(str, paths)]
            yield f"  {name:<34} {_in_turn(ours, theirs, checker)}"


def _files() -> Iterator[tuple[str, str, tuple[str, str]]]:
    demo = ROOT / "fixtures" / "demo"
    for suffix in ("did", "most"):
        sides = tuple((demo / side / f"context_registry.{suffix}").read_text("utf-8") for side in ("old", "new"))
        yield f"small .{suffix} pair", suffix, (sides[0], sides[1])
    if REAL.exists():
        with REAL.open(encoding="utf-8") as cases:
            largest = max(map(json.loads, cases), key=lambda case: len(case["old"]) + len(case["new"]))
        sizes = " + ".join(f"{len(largest[side]) / 1000:.0f} KB" for side in ("old", "new"))
        yield f"largest real .did pair ({sizes})", "did", (largest["old"], largest["new"])


def _in_turn(ours: list[str], theirs: list[str], checker: str) -> str:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

    def run(command: list[str]) -> Callable[[], object]:
        return lambda: subprocess.run(command, capture_output=True, timeout=300, check=False, env=environment)

    both = [(_seconds(run(ours)), _seconds(run(theirs))) for _ in range(RUNS + 1)][1:]
    mine, other = (statistics.median(column) for column in zip(*both, strict=True))
    ratio = statistics.median(a / b for a, b in both)
    return f"{mine * 1000:6.0f} ms   {checker:<10} {other * 1000:6.0f} ms   ratio {ratio:.2f}"


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started
