"""A running network tells others where it is, in a file that is gone, or not held, once it is not running."""

from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING, NamedTuple, Self

from filelock import FileLock, Timeout

from analyzer.errors import CtxError, SourceError

if TYPE_CHECKING:
    from pathlib import Path


_PATIENCE = 1  # seconds; whoever only looks whether a network runs holds the lock for a moment


class HeldError(CtxError):
    """A network runs already where another one was to be noted."""

    exit_code = 7


class Note(NamedTuple):
    """A running network. root_key: DER in hex, as clients take it. state: its folder, None: it is gone with it."""

    url: str
    root_key: str
    pid: int
    state: str | None

    def line(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(self._asdict())


class Place:
    """Where a network is noted: `path` holds the note, and beside it is a lock as long as the network runs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FileLock(path.with_name(path.name + ".lock"), mode=0o600)

    def __enter__(self) -> Self:
        """Take the place. Raises HeldError: another network has it."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._lock.acquire(timeout=_PATIENCE)
        except Timeout:
            msg = "a network runs here already"
            hint = "`ctxcheck replica stop` ends it; `--ready-file FILE` notes another one elsewhere"
            raise HeldError(msg, where=str(self.path), hint=hint) from None
        return self

    def __exit__(self, *_error: object) -> None:
        self.path.unlink(missing_ok=True)
        self._lock.release()

    def write(self, note: Note) -> None:
        """Note the network, so that whoever looks sees all of the note or none of it."""
        draft = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(note.line() + "\n")
        draft.replace(self.path)

    def read(self) -> Note | None:
        """Return the network that runs, None if none does. Raises SourceError: the file is no note."""
        if not self.path.exists() or not self.is_held():
            return None
        try:
            noted = json.loads(self.path.read_text("utf-8"))
            return Note(str(noted["url"]), str(noted["root_key"]), int(noted["pid"]), noted["state"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            msg = "this does not tell of a running network"
            raise SourceError(msg, where=str(self.path)) from error

    def is_held(self) -> bool:
        """Tell whether a network runs there."""
        try:
            with self._lock.acquire(blocking=False):
                return False
        except Timeout:
            return True
