"""What long work does, as a stream for programs: `--events FILE`, one JSON object a line (`ctxcheck.events/1`).

Each has `time` (ns since epoch) and `event`: `begin` (command), `step` (words), `transfer` (what, done, total: bytes;
at most four a second, and the last one), `outcome` (run, canister, outcome, exit), `end`.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from analyzer.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCHEMA = "ctxcheck.events/1"
_APART = 0.25  # seconds between two events of one transfer
_open: list[int] = []  # the file of this process, where there is one


def events_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option; the stream is open for as long as the command runs."""

    def opened(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> None:
        if value is not None:
            ctx.with_resource(_stream(value, ctx.info_name or ""))

    return click.option(
        "--events",
        type=click.Path(dir_okay=False),
        metavar="FILE",
        callback=opened,
        expose_value=False,
        help="Also write what is done as JSON lines.",
    )(command)


@contextmanager
def _stream(path: str, command: str) -> Iterator[None]:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        msg = f"this cannot be written: {error.strerror}"
        raise SourceError(msg, where=path) from None
    _open.append(descriptor)
    emit("begin", schema=SCHEMA, command=command)
    try:
        yield
    finally:
        emit("end")
        _open.remove(descriptor)
        os.close(descriptor)


def emit(event: str, **data: Any) -> None:  # noqa: ANN401 - JSON
    """Write an event, where somebody asked for them. What cannot be written stops nothing."""
    for descriptor in _open:
        line = json.dumps({"time": time.time_ns(), "event": event, **data}) + "\n"
        try:
            os.write(descriptor, line.encode())
        except OSError:
            continue


class Rate:
    """Lets an event through at most four times a second."""

    def __init__(self) -> None:
        self._next = 0.0

    def due(self) -> bool:
        """Tell whether it is time for the next one."""
        now = time.monotonic()
        if not _open or now < self._next:
            return False
        self._next = now + _APART
        return True
