"""One line of a journal: what happened, chained to the line before it by its hash."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, NamedTuple

from migrator.plan.form import Malformed, canonical, parsed

FIRST = "0" * 64
_FIELDS = ("seq", "time", "kind", "target", "step", "data", "prev", "hash")


class Record(NamedTuple):
    """seq: from 0. time: ns since epoch, of this machine. kind: what it tells. target, step: what about, or "".

    data: JSON without fractions. prev: hash of the line before. hash: SHA-256 of the line without it, in hex.
    """

    seq: int
    time: int
    kind: str
    target: str
    step: str
    data: dict[str, Any]
    prev: str
    hash: str

    def line(self) -> bytes:
        """Return the line."""
        return canonical(self._asdict()) + b"\n"


def chained(seq: int, time: int, kind: str, about: tuple[str, str], data: dict[str, Any], prev: str) -> Record:
    """Return a record with its hash."""
    record = Record(seq, time, kind, *about, data, prev, "")
    return record._replace(hash=_hash(record))


def _hash(record: Record) -> str:
    fields = record._asdict()
    del fields["hash"]
    return sha256(canonical(fields)).hexdigest()


def read_line(line: bytes, seq: int, prev: str) -> Record:
    """Return the record of a line, without its end. seq, prev: what it has to have. Raises Malformed."""
    fields = parsed(line)
    if not isinstance(fields, dict) or set(fields) != set(_FIELDS):
        msg = "it is no record"
        raise Malformed(msg)
    record = Record(**fields)
    texts = (record.kind, record.target, record.step, record.prev, record.hash)
    typed = type(record.time) is int and isinstance(record.data, dict) and all(isinstance(one, str) for one in texts)
    if not typed or type(record.seq) is not int or record.seq != seq:
        msg = "it is not the next record"
        raise Malformed(msg)
    if record.prev != prev or record.hash != _hash(record):
        msg = "it is not what was written"
        raise Malformed(msg)
    return record
