"""Entries that wait for the one of the same key: in memory, and beyond a number of them on disk."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

IN_MEMORY = 100_000


class Pending:
    """Words by keys. A file is made where there are many, which only this process can find; it goes with it."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._most = in_memory
        self._known: dict[Any, tuple[int, str]] = {}
        self._file: sqlite3.Connection | None = None

    def put(self, key: Hashable, word: int, step: str) -> bool:
        """Keep an entry, and tell whether its key is new. step: how its key is written."""
        if key in self._known:
            return False
        if self._file is not None and self._found(key) is not None:
            return False
        self._known[key] = (word, step)
        if len(self._known) > self._most:
            self._spill()
        return True

    def take(self, key: Hashable) -> int | None:
        """Return the word of a key, which then is gone, None where there is none."""
        known = self._known.pop(key, None)
        if known is not None or self._file is None:
            return None if known is None else known[0]
        word = self._found(key)
        if word is not None:
            self._file.execute("DELETE FROM waiting WHERE key = ?", (_bytes(key),))
        return word

    def steps(self) -> Iterator[tuple[str, int]]:
        """Give what is left: how its key is written, and its word."""
        yield from ((step, word) for word, step in self._known.values())
        if self._file is not None:
            yield from ((step, int(word)) for step, word in self._file.execute("SELECT step, word FROM waiting"))

    def __len__(self) -> int:
        on_disk = 0 if self._file is None else self._file.execute("SELECT count(*) FROM waiting").fetchone()[0]
        return len(self._known) + int(on_disk)

    def close(self) -> None:
        """Forget all."""
        if self._file is not None:
            self._file.close()

    def _found(self, key: Hashable) -> int | None:
        assert self._file is not None  # noqa: S101 - asked of those alone
        row = self._file.execute("SELECT word FROM waiting WHERE key = ?", (_bytes(key),)).fetchone()
        return None if row is None else int(row[0])

    def _spill(self) -> None:
        if self._file is None:
            self._file = sqlite3.connect("", isolation_level=None)  # a temporary file without a name
            self._file.execute("PRAGMA cache_size = -8192")
            self._file.execute("CREATE TABLE waiting (key BLOB PRIMARY KEY, word TEXT, step TEXT) WITHOUT ROWID")
        rows = [(_bytes(key), str(word), step) for key, (word, step) in self._known.items()]
        self._file.execute("BEGIN")
        self._file.executemany("INSERT INTO waiting VALUES (?, ?, ?)", rows)
        self._file.execute("COMMIT")
        self._known.clear()


def _bytes(key: Hashable) -> bytes:
    """Return a key as bytes, equal for equal keys: they are made of numbers, texts, bytes and tuples of them."""
    return repr(key).encode("utf-8", "surrogatepass")
