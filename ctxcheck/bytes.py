"""Numbers of bytes and cycles for people, and how much of long work is done."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

import click

from ctxcheck.events import Rate, emit

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024


def of_bytes(count: float) -> str:
    """Return a number of bytes in words."""
    unit = 0
    while count >= _STEP and unit < len(_UNITS) - 1:
        count, unit = count / _STEP, unit + 1
    return f"{count:,.0f} {_UNITS[unit]}" if unit == 0 else f"{count:,.1f} {_UNITS[unit]}"


PER_BYTE = 2_000  # cycles for a byte that is sent (network.md 1.4; a subnet of 13 nodes)


def of_cycles(count: int) -> str:
    """Return a number of cycles in words, in trillions where there are so many."""
    return f"{count / 1e12:,.3f} T cycles" if count >= 10**9 else f"{count:,} cycles"


class Transfer:
    """Bytes that are moved: a bar with rate and time left on a terminal, elsewhere one line when all is done."""

    def __init__(self, what: str, total: int) -> None:
        self.what = what
        self.total = total
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._done = 0
        self._rate = Rate()

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415 - loaded only where something is shown
            from rich.progress import (  # noqa: PLC0415
                BarColumn,
                DownloadColumn,
                Progress,
                TextColumn,
                TimeRemainingColumn,
                TransferSpeedColumn,
            )

            columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(binary_units=True))
            self._progress = Progress(
                *columns, TransferSpeedColumn(), TimeRemainingColumn(), console=Console(stderr=True), transient=True
            )
            self._progress.start()
            self._task = self._progress.add_task(self.what, total=self.total)
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()
        emit("transfer", what=self.what, done=self._done, total=self.total)
        if error is None:
            click.echo(f"{self.what}: {of_bytes(self.total)}", err=True)

    def done(self, count: int) -> None:
        """Note so many bytes more."""
        self._done += count
        if self._rate.due():
            emit("transfer", what=self.what, done=self._done, total=self.total)
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task, count)
