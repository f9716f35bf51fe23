"""One run to a canister: a lock that the system gives back when its holder ends, however it ends.

It holds on this machine. Against others the run itself looks again at what is certified before each change.
"""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from analyzer.errors import CtxError, SourceError
from migrator.backups.private import make_folder, write_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_MOST = 4096


class LockHeld(CtxError):
    """Somebody else is at work on the canister."""

    exit_code = 7


@contextmanager
def locked(folder: Path, root_key: str, canisters: Iterable[str], run: str) -> Iterator[None]:
    """Hold the locks of some canisters of a network, all or none. folder: `.ctxcheck`. run: who asks. Raises LockHeld.

    They are taken in one order, so that no two runs wait for each other.
    """
    place = make_folder(make_folder(folder, ignored=True) / "locks")
    network = sha256(root_key.encode()).hexdigest()[:16]
    with ExitStack() as held:
        for canister in sorted(set(canisters)):
            path = place / f"{network}-{canister}.lock"
            lock = FileLock(path, timeout=0, mode=0o600)
            try:
                lock.acquire()
            except Timeout:
                raise LockHeld(
                    _words(canister, path), hint="wait for it, or end it: it goes on with --resume"
                ) from None
            except OSError as error:
                msg = f"the lock cannot be taken: {error.strerror}"
                raise SourceError(msg, where=str(path)) from None
            held.callback(lock.release)
            note = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time_ns(), "run": run}
            write_file(path.with_suffix(".json"), json.dumps(note).encode())
        yield


def holder(folder: Path, root_key: str, canister: str) -> str | None:
    """Return in words who holds the lock of a canister, None: nobody. folder: `.ctxcheck`."""
    path = folder / "locks" / f"{sha256(root_key.encode()).hexdigest()[:16]}-{canister}.lock"
    if not path.is_file():
        return None
    lock = FileLock(path, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except (Timeout, OSError):
        return _words(canister, path)
    lock.release()
    return None


def _words(canister: str, path: Path) -> str:
    try:
        note = json.loads(path.with_suffix(".json").read_bytes()[:_MOST])
        return f"{canister} is being worked on by run {note['run']}, process {note['pid']} on {note['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return f"{canister} is being worked on by another process"
