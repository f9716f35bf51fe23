"""The folder of a network: what happened is in it before anybody is told, and all of it is read back.

One record is one change of the network, whole: canisters, calls, clock. Its blocks come before it, in records of their
own where they are many. The process may be killed between any two bytes; against a machine that loses power the file is
synced when it is opened, rewritten or closed, not with every call.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cbor2 import CBORDecodeError, dumps, loads
from filelock import FileLock, Timeout

from replica.canister import Canister
from replica.management.settings import Settings
from replica.state.blocks import Blocks, Place
from replica.state.log import COPY, Log, StateError
from replica.state.plain import from_plain, to_plain

if TYPE_CHECKING:
    from pathlib import Path

    from replica.engine import Engine
    from replica.state.log import Record

_LOG, _NEXT, _LOCK = "network.log", "network.next", "network.lock"
_MOST = 16 << 20  # bytes of blocks in one record
_ROOM = 64 << 20  # bytes that a log may grow beyond twice what it was when it was written last
NOT_KEPT = ("around", "_instance", "_used")
SCHEDULER = ("contexts", "outgoing", "queue", "stops", "numbers")


class StateFolder:
    """A folder that one process uses at a time. Close it when the network is closed.

    Raises StateError: another process uses it, or it is damaged, of a later version, or not of a network.
    """

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = FileLock(path / _LOCK, mode=0o600)
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            hint = "stop that network, or start this one with another folder"
            msg = "another process uses this folder"
            raise StateError(msg, where=str(path), hint=hint) from None
        self._path = path
        self._written: dict[bytes, bytes] = {}  # canisters as they were written last
        self._canisters: dict[bytes, Any] = {}
        self._requests: dict[bytes, Any] = {}
        self._network: dict[str, Any] = {}
        try:
            with suppress(FileNotFoundError):
                (path / _NEXT).unlink()  # of a process that was killed while it rewrote the log
            is_new = not (path / _LOG).exists()
            self._log = Log.create(path / _LOG) if is_new else Log.open(path / _LOG)
            self._blocks = Blocks(self._log)
            try:
                for record in self._log.records():
                    self._read(record)
            except StateError:
                self._log.close()
                raise
        except (StateError, OSError):
            self._lock.release()
            raise
        self._size = self._log.size

    @property
    def seed(self) -> bytes | None:
        """Of the network's keys; None: the folder is new."""
        seed = self._network.get("seed")
        return seed if isinstance(seed, bytes) else None

    # Reading.

    def _read(self, record: Record) -> None:
        try:
            length = int.from_bytes(record.content[:4], "little")
            head = loads(record.content[4 : 4 + length])
            at = record.at + 4 + length
            for name, size in head["blocks"]:
                self._blocks.places[name] = Place(at, size)
                at += size
            self._blocks.read_tables(head["memories"])
            for name, plain in head["canisters"].items():
                _put(self._canisters, name, plain)
            for name, plain in head["requests"].items():
                _put(self._requests, name, plain)
            self._network |= head["network"]
        except (CBORDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
            msg = f"a record cannot be read: {error}"
            raise StateError(msg, where=str(self._log.path), hint=COPY) from None

    def load(self, engine: Engine) -> None:
        """Make a new network what the folder holds, and keep from then on what happens in it. Raises StateError."""
        for name, plain in self._canisters.items():
            canister = Canister(name, Settings([]), 0, engine)
            for field, value in plain.items():
                setattr(canister, field, from_plain(value, self._blocks))
            engine.canisters.add(canister)
        for name, plain in self._requests.items():
            engine.history.requests[name] = from_plain(plain, self._blocks)
        if self._network:
            for field in SCHEDULER:
                setattr(engine.scheduler, field, from_plain(self._network[field], self._blocks))
            engine.scheduler.queue = deque(engine.scheduler.queue)
            engine.ahead, engine.height = self._network["ahead"], self._network["height"]
            engine.canisters.given = self._network["given"]
        self._canisters.clear()
        self._requests.clear()
        self._rewrite(engine)
        engine.keep = lambda: self.keep(engine)

    # Writing.

    def keep(self, engine: Engine) -> None:
        """Write down what changed."""
        self._append(engine, engine.canisters.take_touched(), engine.history.take_changed())
        if self._log.size > 2 * self._size + _ROOM:
            self._rewrite(engine)

    def _append(self, engine: Engine, touched: set[bytes], changed: dict[bytes, Any]) -> None:
        canisters: dict[bytes, object] = {}
        for name in touched:
            canister = engine.canisters.get(name)
            if canister is None:
                canisters[name] = None
                self._written.pop(name, None)
                continue
            plain = {
                field: to_plain(value, self._blocks) for field, value in vars(canister).items() if field not in NOT_KEPT
            }
            written = dumps(plain)
            if self._written.get(name) != written:
                self._written[name] = written
                canisters[name] = plain
        engine.canisters.take_touched()  # by the look just now
        requests = {name: to_plain(request, self._blocks) for name, request in changed.items()}
        network = {field: to_plain(_listed(getattr(engine.scheduler, field)), self._blocks) for field in SCHEDULER}
        network |= {
            "ahead": engine.ahead,
            "height": engine.height,
            "given": engine.canisters.given,
            "seed": engine.seed,
        }
        changes = {"canisters": canisters, "requests": requests, "network": network}
        self._write(changes)

    def _write(self, changes: dict[str, Any]) -> None:
        new, tables = self._blocks.take_new()
        part: list[tuple[bytes, bytes]] = []
        size = 0
        for name, data in new.items():
            part.append((name, data))
            size += len(data)
            if size >= _MOST:
                self._record(part, {})
                part, size = [], 0
        self._record(part, {**changes, "memories": tables})

    def _record(self, blocks: list[tuple[bytes, bytes]], changes: dict[str, Any]) -> None:
        nothing: dict[str, Any] = {"memories": {}, "canisters": {}, "requests": {}, "network": {}}
        head = dumps({**nothing, **changes, "blocks": [[name, len(data)] for name, data in blocks]})
        content = b"".join([len(head).to_bytes(4, "little"), head, *(data for _, data in blocks)])
        at = self._log.append(content) + 4 + len(head)
        for name, data in blocks:
            self._blocks.places[name] = Place(at, len(data))
            at += len(data)

    def _rewrite(self, engine: Engine) -> None:
        """Write all of it anew, without what nothing refers to any more, and put that in the place of the old."""
        old = self._log
        self._log = Log.create(self._path / _NEXT)
        self._blocks = Blocks(self._log)
        self._written.clear()
        engine.history.take_changed()
        self._append(engine, {canister.id for canister in engine.canisters.look()}, dict(engine.history.requests))
        self._log.sync()
        (self._path / _NEXT).replace(self._path / _LOG)
        self._log.path = self._path / _LOG
        old.close()
        self._size = self._log.size

    def close(self) -> None:
        """Give the folder to others."""
        self._log.sync()
        self._log.close()
        self._lock.release()


def _put(place: dict[bytes, Any], name: bytes, plain: object) -> None:
    if plain is None:
        place.pop(name, None)
    else:
        place[name] = plain


def _listed(value: object) -> object:
    return list(value) if isinstance(value, deque) else value
