"""Who writes into a store: any number at once, and nobody while pieces are taken away.

A writer holds a lock of its own for as long as it writes; the system gives it back when the process ends in any way.
Whoever takes pieces away holds the store's lock, so that no writer begins, and looks that none is at work.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from analyzer.errors import CtxError
from migrator.backups.private import make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCK, _WRITERS = "lock", "writers"
_PATIENCE = 10  # seconds that a writer waits for whoever takes pieces away


class BusyError(CtxError):
    """Somebody else is at work in the store."""

    exit_code = 7


@contextmanager
def writing(store: Path) -> Iterator[None]:
    """Write into a store. Raises BusyError: pieces are being taken away."""
    writers = make_folder(make_folder(store) / _WRITERS)
    path = writers / f"{os.getpid()}-{os.urandom(4).hex()}"
    own = FileLock(path, mode=0o600)
    try:
        with FileLock(store / _LOCK, mode=0o600).acquire(timeout=_PATIENCE):
            own.acquire()
    except Timeout:
        msg = "old backups are being taken away"
        raise BusyError(msg, where=str(store), hint="try again when `ctxcheck prune` is done") from None
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        own.release()


@contextmanager
def alone(store: Path) -> Iterator[None]:
    """Take pieces away from a store. Raises BusyError: a backup is being made, or somebody else does the same."""
    make_folder(store)
    try:
        with FileLock(store / _LOCK, mode=0o600).acquire(timeout=0):
            for path in (store / _WRITERS).glob("*"):
                with FileLock(path, mode=0o600).acquire(timeout=0):
                    path.unlink(missing_ok=True)  # of a writer that was killed
            yield
    except Timeout:
        msg = "a backup is being made, or old ones are being taken away"
        raise BusyError(msg, where=str(store), hint="try again when that is done") from None
