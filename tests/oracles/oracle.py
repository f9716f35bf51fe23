"""Keep one node process per official checker open and ask it about many pairs.

Starting node with the compiler's JavaScript costs half a second, an answer a fraction of a millisecond.
"""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FOLDER = Path(__file__).parent
PACKAGES = ("motoko", "ic-mops", "@dfinity/didc", "@icp-sdk/core")

# Answers of one window fit into the pipe's 64 KiB, so that the checker never waits for us while we still write to it.
WINDOW = 128

# Generous: the slowest answer measured is 0.25 s. Beyond this the checker hangs.
DEADLINE = 60.0

ENDED = "it ended"


class OracleError(Exception):
    """The checker ended, or did not answer in time, or answered something else than was asked."""


@dataclass(frozen=True, slots=True)
class StableAnswer:
    """What `moc --stable-compatible` says about a pair.

    compatible: None when the compiler itself failed. codes: of errors, without warnings such as M0166 and M0167.
    """

    compatible: bool | None
    codes: frozenset[str]


@cache
def missing() -> str | None:
    """Say what is missing to ask the official checkers, or None when they can be asked."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not all((FOLDER / "node_modules" / package).is_dir() for package in PACKAGES):
        return "tests/oracles/node_modules is absent: run `make setup`"
    return None


def available() -> bool:
    """Tell whether the official checkers can be asked here."""
    return missing() is None


class Oracle:
    """One `node SCRIPT --batch` process, asked line by line. A context manager; closing it ends the process."""

    def __init__(self, script: Path, *, deadline: float = DEADLINE) -> None:
        """script: answers each JSON line with one of the same `name`. deadline: seconds for one answer."""
        self._script = script
        self._deadline = deadline
        self._asked = 0
        self._process = subprocess.Popen(
            ["node", str(script), "--batch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, name=f"reading {script.name}", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process, by force if it does not end by itself."""
        process = self._process
        if process.stdin is not None and not process.stdin.closed:
            with suppress(BrokenPipeError):  # it had ended before it read everything
                process.stdin.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._reader.join()

    def ask(self, questions: Iterable[dict[str, str]]) -> Iterator[dict[str, Any]]:
        """Yield the answer to each question, in order.

        Raises OracleError, after which the oracle is closed.
        """
        pending = iter(questions)
        while window := list(islice(pending, WINDOW)):
            names = [f"{self._asked + i}" for i in range(len(window))]
            self._asked += len(window)
            lines = (json.dumps({"name": name, **question}) for name, question in zip(names, window, strict=True))
            self._send("".join(f"{line}\n" for line in lines))
            for name in names:
                yield self._answer(name)

    def _read(self) -> None:
        """Hand on each line of the process, then an empty one: a pipe cannot be read with a deadline."""
        stdout = self._process.stdout
        if stdout is not None:
            with stdout:
                for line in stdout:
                    self._lines.put(line)
        self._lines.put("")

    def _send(self, text: str) -> None:
        stdin = self._process.stdin
        try:
            if stdin is not None:
                stdin.write(text)
                stdin.flush()
        except BrokenPipeError as error:
            raise self._failed(ENDED) from error

    def _answer(self, name: str) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=self._deadline)
        except queue.Empty as error:
            self._process.kill()
            msg = f"no answer within {self._deadline:g} s"
            raise self._failed(msg) from error
        if not line:
            raise self._failed(ENDED)
        answer: dict[str, Any] = json.loads(line)
        if answer["name"] != name:
            msg = f"asked about {name}, answered about {answer['name']}"
            raise self._failed(msg)
        return answer

    def _failed(self, what: str) -> OracleError:
        self.close()
        return OracleError(f"{self._script}: {what} (exit status {self._process.returncode})")


class CandidOracle(Oracle):
    """The candid crate's `service_compatible`, profile didc."""

    def __init__(self, script: Path = FOLDER / "candid.mjs", *, deadline: float = DEADLINE) -> None:
        """See `Oracle`."""
        super().__init__(script, deadline=deadline)

    def statuses(self, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
        """Yield the status of each (old, new): compatible, incompatible, invalid-new, invalid-old or trap."""
        for answer in self.ask({"old": old, "new": new} for old, new in pairs):
            yield answer["status"]


class StableOracle(Oracle):
    """The Motoko compiler's `--stable-compatible`."""

    def __init__(self, script: Path = FOLDER / "stable.mjs", *, deadline: float = DEADLINE) -> None:
        """See `Oracle`."""
        super().__init__(script, deadline=deadline)

    def answers(self, pairs: Iterable[tuple[str, str]]) -> Iterator[StableAnswer]:
        """Yield the compiler's answer to each (old, new)."""
        for answer in self.ask({"pre": old, "post": new} for old, new in pairs):
            yield StableAnswer(answer["compatible"], frozenset(answer["codes"]))


def candid_statuses(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return the status of each (old, new), from one process; see `CandidOracle.statuses`."""
    with CandidOracle() as oracle:
        return list(oracle.statuses(pairs))


def stable_answers(pairs: Iterable[tuple[str, str]]) -> list[StableAnswer]:
    """Return the answer to each (old, new), from one process."""
    with StableOracle() as oracle:
        return list(oracle.answers(pairs))
