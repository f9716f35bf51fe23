"""The limits of speed: ctxcheck beside the official checkers, as processes at a terminal, in turn.

A ratio to the official checker is a limit, for it says the same on every machine; milliseconds are what this one took.
"""

from __future__ import annotations

import shutil
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.oracles import oracle
from tests.proof import terminal
from tests.proof.service import large_service
from tests.shared import CASES, ROOT, largest_real_pair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.proof.installed import Installed

HELP_AIM = 60.0  # ms CPU
ROUNDS = 21
LARGE = 84_000  # characters a side


@dataclass(slots=True)
class Question:
    """A pair of files, the official checker, and at most how much of its wall time ctxcheck may take.

    cold: with an empty cache; cached: when it was asked before; None: no limit.
    """

    name: str
    suffix: str
    texts: tuple[str, str]
    cold: float | None
    cached: float | None
    theirs: list[float] = field(default_factory=list)
    ours: dict[str, list[float]] = field(default_factory=lambda: {"cold": [], "cached": []})

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write the files into a folder and return their paths, old and new."""
        old, new = (folder / f"{side}.{self.suffix}" for side in ("old", "new"))
        old.write_text(self.texts[0], "utf-8")
        new.write_text(self.texts[1], "utf-8")
        return old, new

    def limit(self, how: str) -> float | None:
        """Return the limit of a way to ask, `cold` or `cached`."""
        return self.cold if how == "cold" else self.cached

    def ratio(self, how: str) -> float:
        """Return the median over the rounds of our wall time to theirs."""
        return statistics.median(a / b for a, b in zip(self.ours[how], self.theirs, strict=True))


def questions() -> list[Question]:
    """Return what is measured: the example canister, a large service, and the largest recorded pair where there is one."""
    demo = [
        tuple((ROOT / f"fixtures/demo/{side}/context_registry.{suffix}").read_text("utf-8") for side in ("old", "new"))
        for suffix in ("did", "most")
    ]
    asked = [
        Question("small .did pair", "did", (demo[0][0], demo[0][1]), 0.9, 0.5),
        Question("small .most pair", "most", (demo[1][0], demo[1][1]), 0.35, 0.35),
        Question("large .did pair", "did", large_service(LARGE), 1.5, 0.6),
    ]
    if (CASES / "candid-real.jsonl").exists():
        asked.append(Question("largest real .did pair", "did", largest_real_pair(), None, None))
    return asked


def measure(installed: Installed, folder: Path, asked: list[Question]) -> Iterator[str]:
    """Ask every question in turn with the official checker; yield the table, line by line."""
    yield f"{'':<23} {'KB':>9}  {'':<6}  {'limit':>5}  {'ratio':>5}        {'ours, ms (min-max)':<20} {'theirs, ms (min-max)'}"
    for number, question in enumerate(asked):
        _ask(installed, folder / str(number), question)
        for how in ("cold", "cached"):
            yield _line(question, how)


def _ask(installed: Installed, folder: Path, question: Question) -> None:
    folder.mkdir()
    paths = list(map(str, question.write(folder)))
    candid = question.suffix == "did"
    script = str(oracle.FOLDER / ("candid.mjs" if candid else "stable.mjs"))
    theirs = ["node", script, *(reversed(paths) if candid else paths)]
    ours = [str(installed.command), "diff", *paths]
    caches = {how: folder / how for how in question.ours}
    expected = None
    for number in range(ROUNDS + 1):
        official = terminal.run(theirs, installed.empty, {})
        if number:  # the first round fills the caches, ours and the machine's
            question.theirs.append(official.wall)
        for how, cache in caches.items():
            if how == "cold":
                shutil.rmtree(cache, ignore_errors=True)
            mine = terminal.run(ours, installed.empty, {"XDG_CACHE_HOME": str(cache), "CTXCHECK_CACHE": "1"})
            if mine.status not in (0, 1) or b"\x1b[" not in mine.output or expected not in (None, mine.output):
                msg = f"{' '.join(ours)} ({how}) ended with {mine.status}:\n{mine.output.decode(errors='replace')}"
                raise RuntimeError(msg)
            expected = mine.output
            if number:
                question.ours[how].append(mine.wall)


def _line(question: Question, how: str) -> str:
    limit, ratio = question.limit(how), question.ratio(how)
    said = "" if limit is None else "ok" if ratio <= limit else "FAIL"
    shown = "" if limit is None else f"{limit:.2f}"
    sizes = "+".join(f"{len(text.encode()) / 1000:.0f}" for text in question.texts)
    mine, other = _spread(question.ours[how]), _spread(question.theirs)
    return f"{question.name:<23} {sizes:>9}  {how:<6}  {shown:>5}  {ratio:>5.2f}  {said:<4}  {mine:<20} {other}"


def _spread(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1000:5.0f} ({min(seconds) * 1000:.0f}-{max(seconds) * 1000:.0f})"


def broken(asked: list[Question]) -> list[str]:
    """Return which limits do not hold, as sentences."""
    return [
        f"{question.name}, {how}: {question.ratio(how):.3f} of the official checker's time, at most {limit} is allowed"
        for question in asked
        for how in question.ours
        if (limit := question.limit(how)) is not None and question.ratio(how) > limit
    ]


def help_line(installed: Installed) -> str:
    """Return what `ctxcheck --help` costs, beside its aim and a Python that does nothing."""
    commands = {"help": [str(installed.command), "--help"], "nothing": [str(installed.python), "-c", "pass"]}
    cpu: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            cpu[name].append(terminal.run(command, installed.empty, {}).cpu)
    return (
        f"ctxcheck --help: {_spread(cpu['help']).strip()} ms CPU, aim {HELP_AIM:.0f}; "
        f"python -c pass: {_spread(cpu['nothing']).strip()}"
    )
