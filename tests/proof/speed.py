"""Measure how long a comparison takes: in a process that runs already, and as a command from its start."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.proof.agreement import SURFACES, pair_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEMO = Path(__file__).parents[2] / "fixtures" / "demo"

# Methods or variables of the large interfaces; about 80 KB of text, the size of the largest real ones.
LARGE = 450
PAIRS = 1000
STARTS = 9
REPEATED = 5


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds, one for each repetition."""

    what: str
    seconds: list[float]

    def __str__(self) -> str:
        middle, most = statistics.median(self.seconds), max(self.seconds)
        return f"{self.what:<44} {middle * 1000:9.2f} ms median {most * 1000:9.2f} ms at most, {len(self.seconds)} runs"


def measured() -> Iterator[Measured]:
    """Yield each measurement when it is done."""
    for surface in SURFACES.values():
        pairs = [pair_of(surface, 1, number) for number in range(PAIRS)]
        texts = [(pair.old_text, pair.new_text) for pair in pairs]
        surface.ours(*texts[0])  # loads the tables
        yield Measured(f"{surface.name}: a random pair", [_seconds(surface.ours, *pair) for pair in texts])
        large = large_pair(surface.name)
        size = sum(map(len, large)) // 2048
        seconds = [_seconds(surface.ours, *large) for _ in range(REPEATED)]
        yield Measured(f"{surface.name}: {size} KB against {size} KB", seconds)
    demo = (str(DEMO / "old"), str(DEMO / "new"))
    yield Measured("command: diff of the example canister", [_seconds(_diff, *demo) for _ in range(STARTS)])
    with tempfile.TemporaryDirectory() as folder:
        for name, suffix in (("candid", "did"), ("stable", "most")):
            paths = [Path(folder) / f"{side}.{suffix}" for side in ("old", "new")]
            for path, text in zip(paths, large_pair(name), strict=True):
                path.write_text(text, "utf-8")
            seconds = [_seconds(_diff, *map(str, paths)) for _ in range(REPEATED)]
            yield Measured(f"command: diff of the large {name} pair", seconds)


def large_pair(name: str) -> tuple[str, str]:
    """Return two large texts of a surface, in which a few types differ."""
    if name == "candid":
        entry = "record {{ owner : principal; amount : {0}; memo : opt vec nat8; kind : variant {{ a; b : T{1} }} }}"
        types = "type T{0} = record {{ next : opt T{1}; value : {2} }};"
        method = "method_{0} : ({1}) -> (vec T{0}) query;"
    else:
        entry = "{{ owner : Principal; amount : {0}; memo : ?Blob; kind : {{ #a; #b : T{1} }} }}"
        types = "type T{0} = {{ next : ?T{1}; value : {2} }};"
        method = "stable var method_{0} : {1};"
    number = {"candid": ("nat", "int"), "stable": ("Nat", "Int")}[name]

    def text(*, new: bool) -> str:
        changed = [number[new and i % 100 == 0] for i in range(LARGE)]
        lines = [types.format(i, (i + 1) % LARGE, changed[i]) for i in range(LARGE)]
        members = [method.format(i, entry.format(changed[i], i)) for i in range(LARGE)]
        return "\n".join([*lines, "service : {" if name == "candid" else "actor {", *members, "}"])

    return text(new=False), text(new=True)


def _seconds(run: Callable[[str, str], object], old: str, new: str) -> float:
    started = time.perf_counter()
    run(old, new)
    return time.perf_counter() - started


def _diff(old: str, new: str) -> None:
    """Run the command on two paths, from its start."""
    command = [sys.executable, "-m", "ctxcheck", "diff", old, new]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300, check=False)
    if done.returncode not in {0, 1}:
        msg = f"{' '.join(command)} failed with {done.returncode}: {done.stderr}"
        raise RuntimeError(msg)
