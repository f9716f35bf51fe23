"""The file of a journal: one line a record, on the disk before anything goes on.

What a killed process was writing is an end without a line's end: it was not acted on yet, and is cut off. Anything else
that is not as it was written is damage, and refused. A journal whose last lines are gone altogether cannot be told from
one that never had them: `ctxcheck history --check` knows how those of finished runs end.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from analyzer.errors import CtxError, SourceError
from migrator.backups.private import make_folder, sync_folder
from migrator.failures import OperatorNeeded
from migrator.journal.record import FIRST, chained, read_line
from migrator.plan.form import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migrator.journal.record import Record

NAME = "journal.jsonl"
_MOST = 256 << 20  # bytes


class DamagedJournal(CtxError):
    """The journal is not what was written: nobody can tell from it what to do next."""

    exit_code = 6


class Journal:
    """The journal of a run, in its folder. clock: ns since epoch. Not safe to use from several processes: see `lock`.

    Raises DamagedJournal, SourceError: it cannot be read.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], int] = time.time_ns) -> None:
        make_folder(folder)
        self.path = folder / NAME
        self._clock = clock
        is_new = not self.path.exists()
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            content = _content(self._file, self.path)
        except OSError as error:
            msg = f"the journal cannot be used: {error.strerror}"
            raise SourceError(msg, where=str(self.path)) from None
        if is_new:
            sync_folder(folder)
        whole = content.rfind(b"\n") + 1
        self.records = read_records(content[:whole], str(self.path))
        if whole != len(content):
            os.ftruncate(self._file, whole)
            os.fsync(self._file)

    @property
    def last(self) -> str:
        """The hash of the last record."""
        return self.records[-1].hash if self.records else FIRST

    def append(self, kind: str, target: str = "", step: str = "", **data: Any) -> Record:  # noqa: ANN401 - JSON
        """Write a record down; it is on the disk when this returns. Raises OperatorNeeded: it cannot be written."""
        record = chained(len(self.records), self._clock(), kind, (target, step), data, self.last)
        line, before = memoryview(record.line()), os.fstat(self._file).st_size
        try:
            while line:
                line = line[os.write(self._file, line) :]
            os.fsync(self._file)
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._file, before)  # or the next record would stand behind half of this one
            raise _unwritten(error, self.path) from None
        self.records.append(record)
        return record

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def _unwritten(error: OSError, path: Path) -> OperatorNeeded:
    """Return that a record could not be written: nothing is done that is not in the journal."""
    msg = f"the journal cannot be written: {error.strerror or error}"
    hint = "nothing more was done; make room or give the right to write, then `ctxcheck migrate --resume`"
    return OperatorNeeded(msg, where=str(path), hint=hint)


def _content(descriptor: int, path: Path) -> bytes:
    size = os.fstat(descriptor).st_size
    if size > _MOST:
        msg = f"a journal has at most {_MOST:,} bytes"
        raise SourceError(msg, where=str(path))
    parts = []
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def read_records(content: bytes, where: str) -> list[Record]:
    """Return the records of whole lines. Raises DamagedJournal, which names the line."""
    found: list[Record] = []
    prev = FIRST
    for number, line in enumerate(content.split(b"\n")[:-1]):
        try:
            record = read_line(line, number, prev)
        except Malformed as error:
            msg = f"line {number + 1} of the journal is damaged: {error}"
            hint = "`ctxcheck recover` finds out from what is certified what state the canister is in"
            raise DamagedJournal(msg, where=where, hint=hint) from None
        found.append(record)
        prev = record.hash
    return found


def read_journal(folder: Path) -> list[Record]:
    """Return the records of a run that nobody is at work on. Raises DamagedJournal, SourceError."""
    path = folder / NAME
    try:
        content = path.read_bytes()
    except OSError as error:
        msg = f"the journal cannot be read: {error.strerror}"
        raise SourceError(msg, where=str(path)) from None
    return read_records(content[: content.rfind(b"\n") + 1], str(path))
