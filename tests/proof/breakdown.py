"""Where the time of one `ctxcheck diff` goes. Run by the Python of an environment that has ctxcheck installed.

`python breakdown.py OLD NEW` does what the command does, step by step, and prints milliseconds as JSON.
"""

from __future__ import annotations

import gc
import json
import re
import statistics
import subprocess
import sys
import time
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.proof.installed import Installed

_RUNS = 11
_OURS = ("analyzer", "ctxcheck", "grammars")
_IMPORT = re.compile(r"import time:\s*(\d+) \|\s*\d+ \|\s*(\S+)")


def lines(installed: Installed, old: Path, new: Path) -> list[str]:
    """Return the steps of a comparison and their milliseconds, medians over processes of their own."""
    said = []
    environment = {"FORCE_COLOR": "1", "COLUMNS": "100", "CTXCHECK_CACHE": "0", "PATH": ""}
    steps: dict[str, list[float]] = {}
    for _ in range(_RUNS):
        started = time.perf_counter()
        subprocess.run([installed.python, "-I", "-c", "pass"], check=True, env=environment)
        steps.setdefault("start and end of Python", []).append((time.perf_counter() - started) * 1000)
        command = [str(installed.python), "-I", __file__, str(old), str(new)]
        done = subprocess.run(command, check=True, capture_output=True, env=environment)
        for name, milliseconds in json.loads(done.stderr).items():
            steps.setdefault(name, []).append(milliseconds)
    said += [f"  {name:<38} {statistics.median(values):6.1f} ms" for name, values in steps.items()]
    said.append("  of the imports, by whose they are (-X importtime, which itself costs; least of the runs)")
    said += [f"    {name:<36} {ms:6.1f} ms" for name, ms in _imports(installed, old, new, environment).items()]
    return said


def _imports(installed: Installed, old: Path, new: Path, environment: dict[str, str]) -> dict[str, float]:
    least: dict[str, int] = {}
    command = [str(installed.python), "-I", "-X", "importtime", str(installed.command), "diff", str(old), str(new)]
    for _ in range(_RUNS):
        done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", env=environment)
        for microseconds, module in _IMPORT.findall(done.stderr):
            least[module] = min(int(microseconds), least.get(module, sys.maxsize))
    shares: dict[str, float] = {}
    for module, microseconds in least.items():
        package = module.partition(".")[0]
        owner = "ctxcheck" if package in _OURS else package if package in ("click", "rich") else "the standard library"
        shares[owner] = shares.get(owner, 0.0) + microseconds / 1000
    return dict(sorted(shares.items(), key=lambda share: -share[1]))


def _timed(old: str, new: str) -> dict[str, float]:
    gc.disable()  # as the command does
    marks: list[tuple[str, float]] = [("", time.perf_counter())]

    def mark(name: str) -> None:
        marks.append((name, time.perf_counter()))

    import_module("click")
    mark("import click")
    import_module("ctxcheck.main")
    import_module("ctxcheck.commands.diff")
    paint = import_module("ctxcheck.paint")
    if new.endswith(".most"):
        import_module("analyzer.compare.stable")
    mark("import the rest of the command")
    from analyzer.compare.versions import compare_versions
    from analyzer.sources.paths import read_versions
    from grammars import load

    load("stable" if new.endswith(".most") else "candid")
    mark("load the parse tables")
    versions = read_versions(old, new)
    mark("read and parse both files")
    changes = compare_versions(versions, profile="didc")
    mark("compare")
    paint.show(changes)
    sys.stdout.flush()
    mark("print, with what of rich that loads")
    return {name: (at - before) * 1000 for (name, at), (_, before) in zip(marks[1:], marks, strict=False)}


if __name__ == "__main__":
    json.dump(_timed(sys.argv[1], sys.argv[2]), sys.stderr)
