"""Measure how long comparisons take: as commands beside the official ones, and in a process that runs already."""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.candid.parse import parse_candid
from tests.oracles import oracle
from tests.proof import breakdown, growth, limits, values
from tests.proof.agreement import SURFACES, pair_of
from tests.proof.installed import install
from tests.shared import CASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REAL = CASES / "candid-real.jsonl"
PAIRS = 1000
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|->|[A-Za-z0-9_]+|[^\sA-Za-z0-9_]')


def lines(broken: list[str]) -> Iterator[str]:
    """Yield the report line by line, while it is measured; `broken` gets the limits that do not hold."""
    yield _machine()
    yield ""
    yield from _processes(broken)
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
    yield from broken or ["every limit that was measured holds"]


def _machine() -> str:
    node = ""
    if oracle.available():
        node = subprocess.run(["node", "--version"], capture_output=True, encoding="ascii", check=True).stdout.strip()
    python = platform.python_version()
    where = f"{os.cpu_count()} cores, {platform.machine()} {platform.system()}"
    return f"Python {python}, node {node.removeprefix('v') or 'absent'}, {where}"


def _processes(broken: list[str]) -> Iterator[str]:
    """Yield what whole processes take: the installed command at a terminal, in turn with the official checkers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        installed = install(folder / "installed")
        reason = oracle.missing()
        asked = limits.questions()
        if reason is None:
            yield f"the installed command at a terminal, in turn with the official checkers (medians of {limits.ROUNDS})"
            yield from limits.measure(installed, folder, asked)
            broken += limits.broken(asked)
        else:
            broken.append(f"the limits were not measured: {reason}")
            yield broken[-1]
        yield ""
        yield limits.help_line(installed)
        for question, cached in ((asked[0], False), (asked[1], False), (asked[2], False), (asked[2], True)):
            yield ""
            yield f"where the time goes: {question.name}, {'cached' if cached else 'without a cache'}"
            paths = question.write(folder)
            yield from breakdown.lines(installed, *paths, folder / "cache" if cached else None)
        yield ""
        yield f"the imports of the {asked[0].name}, by whose they are (-X importtime, least of the runs)"
        yield from breakdown.imports(installed, *asked[0].write(folder))


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


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started
