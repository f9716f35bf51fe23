"""Say on a terminal that long work goes on: a line on standard error, once it takes longer than a moment."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.status import Status

MOMENT = 0.7  # seconds: most work is done by then, and rich is not even loaded


class Progress:
    """A context manager. what: the work, e.g. `comparing`. Nothing is shown where nobody watches."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._lock = threading.Lock()
        self._status: Status | None = None
        self._over = False
        self._timer = threading.Timer(MOMENT, self._start)
        self._timer.daemon = True
        self._watched = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def __enter__(self) -> Self:
        if self._watched:
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._over = True
            if self._status is not None:
                self._status.stop()

    def _start(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - loaded only where something is shown
        from rich.status import Status  # noqa: PLC0415

        status = Status(f"{self.what} ...", console=Console(stderr=True))
        with self._lock:
            if not self._over:
                self._status = status
                status.start()
