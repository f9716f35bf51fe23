"""Where the time of one `ctxcheck diff` goes, step by step, and by whose the imports are."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.proof.installed import Installed

_RUNS = 15
_STEPS = Path(__file__).with_name("steps.py")
_OURS = ("analyzer", "ctxcheck", "grammars")
_IMPORT = re.compile(r"import time:\s*(\d+) \|\s*\d+ \|\s*(\S+)")


def lines(installed: Installed, old: Path, new: Path, cache: Path | None = None) -> Iterator[str]:
    """Yield the steps of a comparison and their milliseconds, medians over processes of their own.

    cache: a folder that gets the models; with None nothing is cached.
    """
    environment = {"FORCE_COLOR": "1", "COLUMNS": "100", "CTXCHECK_CACHE": "0", "PYTHONSAFEPATH": "1"}
    if cache is not None:
        environment |= {"CTXCHECK_CACHE": "1", "XDG_CACHE_HOME": str(cache)}
    steps: dict[str, list[float]] = {}
    paths = [str(old), str(new)]
    for number in range(_RUNS + 1):
        nothing, _ = _run([str(installed.python), "-c", "pass"], environment)
        whole, _ = _run([str(installed.command), "diff", *paths], environment)
        _, said = _run([str(installed.python), str(_STEPS), *paths], environment)
        if number == 0:
            continue  # it fills the caches
        timed = {name: float(ms) for name, ms in (line.split("\t") for line in said.splitlines())}
        rest = whole - nothing - sum(timed.values())
        for name, ms in {
            "start and end a Python that does nothing": nothing,
            **timed,
            "the rest: the call's options, the end": rest,
            "the whole process": whole,
        }.items():
            steps.setdefault(name, []).append(ms)
    for name, values in steps.items():
        yield f"  {name:<44} {statistics.median(values):6.1f} ms"


def imports(installed: Installed, old: Path, new: Path) -> Iterator[str]:
    """Yield by whose they are what the imports of a comparison take (-X importtime, which itself costs a little)."""
    least: dict[str, int] = {}
    environment = {"FORCE_COLOR": "1", "COLUMNS": "100", "CTXCHECK_CACHE": "0"}
    command = [str(installed.python), "-X", "importtime", str(installed.command), "diff", str(old), str(new)]
    for _ in range(_RUNS):
        for microseconds, module in _IMPORT.findall(_run(command, environment)[1]):
            least[module] = min(int(microseconds), least.get(module, sys.maxsize))
    shares: dict[str, list[int]] = {}
    for module, microseconds in least.items():
        package = module.partition(".")[0]
        owner = "ctxcheck" if package in _OURS else package if package in ("click", "rich") else "Python's own"
        shares.setdefault(owner, []).append(microseconds)
    for owner, each in sorted(shares.items(), key=lambda share: -sum(share[1])):
        yield f"  {owner:<30} {len(each):>4} modules {sum(each) / 1000:6.1f} ms"


def _run(command: list[str], environment: dict[str, str]) -> tuple[float, str]:
    """Return the milliseconds of a process, and its standard error."""
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, timeout=300, check=False)
    taken = (time.perf_counter() - started) * 1000
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    return taken, done.stderr
