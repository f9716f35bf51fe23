"""A network in this process: canisters are made, installed, called, upgraded and tried out without HTTP."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, Self

from analyzer.candid.principal import Principal
from replica.calls import Ingress
from replica.canister import STOPPED, Canister, Limits
from replica.engine import STEPS, Engine
from replica.errors import SYS_UNKNOWN, Reject
from replica.ingress import Request
from replica.management import snapshots
from replica.management.code import UPGRADE, Mode, Upgrade
from replica.management.cycles import FREE, Charges
from replica.management.history import By
from replica.management.operations import CYCLES
from replica.scheduler import MANAGEMENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from replica.faults import Faults
    from replica.http.serve import Server
    from replica.management.snapshots import Snapshot

ANONYMOUS = b"\x04"
EMPTY_ARG = b"DIDL\0\0"
MOST_MESSAGES = 100_000  # some 40 seconds


class Replica:
    """One network. Canisters are named by principal, as text.

    state: a folder; what happens is kept in it, and what it holds is there again. limits: instructions of messages.
    charges: what cycles are taken for. fakes: whether there are the two canisters of the mainnet that icp-cli needs.
    cache: a folder for compiled modules, which nobody else may write. most_messages: that are run for one call before
    it is told that it is still open.
    Raises StateError (`replica.state.log`): the folder cannot be used.
    """

    def __init__(
        self,
        *,
        state: Path | None = None,
        limits: Limits | None = None,
        charges: Charges = FREE,
        fakes: bool = True,
        cache: Path | None = None,
        most_messages: int = MOST_MESSAGES,
    ) -> None:
        self._turns = -(-most_messages // STEPS)
        self._folder = None
        if state is None:
            self.engine = Engine(limits=limits, charges=charges, fakes=fakes, cache=cache)
            return
        from replica.state.store import StateFolder  # noqa: PLC0415 - most networks last as long as their process

        self._folder = StateFolder(state)
        self.engine = Engine(limits=limits, charges=charges, fakes=fakes, cache=cache, seed=self._folder.seed)
        self._folder.load(self.engine)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back what the canisters hold."""
        self.engine.close()
        if self._folder is not None:
            self._folder.close()

    # Canisters.

    def create(
        self, *, controllers: Sequence[bytes] = (ANONYMOUS,), cycles: int = CYCLES, name: str | None = None
    ) -> str:
        """Make an empty canister and return its id. name: the id that it is to have, e.g. that of the real one."""
        with self.engine.change():
            raw = None if name is None else Principal.parse(name).raw
            chosen = {"controllers": list(controllers)}
            made = self.engine.operations.create(By(controllers[0]), chosen, cycles, name=raw)
        return str(Principal(made.id))

    def _canister(self, name: str) -> Canister:
        return self.engine.canisters[Principal.parse(name).raw]

    def install(self, name: str, module: bytes, arg: bytes = EMPTY_ARG, *, caller: bytes = ANONYMOUS) -> None:
        """Install a module into an empty canister. Raises Reject; then the canister is as it was."""
        self._put(name, "install", module, arg, caller)

    def reinstall(self, name: str, module: bytes, arg: bytes = EMPTY_ARG, *, caller: bytes = ANONYMOUS) -> None:
        """Install a module in place of everything that is there. Raises Reject; then the canister is as it was."""
        self._put(name, "reinstall", module, arg, caller)

    def upgrade(
        self,
        name: str,
        module: bytes,
        arg: bytes = EMPTY_ARG,
        *,
        persistence: Literal["keep", "replace"] | None = None,
        skip_pre_upgrade: bool = False,
        caller: bytes = ANONYMOUS,
    ) -> None:
        """Upgrade a canister. Raises Reject; then the canister is as it was."""
        self._put(name, "upgrade", module, arg, caller, Upgrade(persistence, skip_pre_upgrade))

    def _put(self, name: str, mode: Mode, module: bytes, arg: bytes, caller: bytes, upgrade: Upgrade = UPGRADE) -> None:
        with self.engine.change():
            self.engine.operations.install(By(caller), Principal.parse(name).raw, mode, module, arg, upgrade)
        self.engine.proceed()

    def stop(self, name: str, *, caller: bytes = ANONYMOUS) -> None:
        """Stop a canister. Raises Reject (IC0206): one of its calls stays open."""
        request = os.urandom(32)
        with self.engine.change():
            self._remember(request, caller, MANAGEMENT)
            try:
                if self.engine.operations.stop(By(caller), Principal.parse(name).raw, Ingress(request)):
                    self.engine.history.finish(request, EMPTY_ARG)
            except Reject as error:
                self.engine.history.finish(request, error)
        self._answer(request)

    def start(self, name: str, *, caller: bytes = ANONYMOUS) -> None:
        """Start a canister."""
        with self.engine.change():
            self.engine.operations.start(By(caller), Principal.parse(name).raw)

    def delete(self, name: str, *, caller: bytes = ANONYMOUS) -> None:
        """Take a stopped canister away. Raises Reject (IC0510): it is not stopped."""
        with self.engine.change():
            self.engine.operations.delete(By(caller), Principal.parse(name).raw)

    def cycles(self, name: str) -> int:
        """Return the balance of a canister."""
        return self._canister(name).cycles

    def is_stopped(self, name: str) -> bool:
        """Tell whether a canister is stopped."""
        return self._canister(name).run_status == STOPPED

    def module_hash(self, name: str) -> bytes | None:
        """Return SHA-256 of the installed module, None of an empty canister."""
        module = self._canister(name).state.module
        return None if module is None else module.sha256

    def methods(self, name: str) -> dict[str, str]:
        """Return the kind of each method: `update`, `query` or `composite_query`."""
        return dict(self._canister(name).module().methods)

    # Calls.

    def update(self, name: str, method: str, arg: bytes = EMPTY_ARG, *, caller: bytes = ANONYMOUS) -> bytes:
        """Call an update method from outside and return its reply. Raises Reject."""
        raw, request = Principal.parse(name).raw, os.urandom(32)
        self.engine.submit(request, Request(caller, raw, raw, time.time_ns()), method, arg)
        return self._answer(request)

    def call(self, name: str, method: str, arg: bytes = EMPTY_ARG, *, caller: bytes = ANONYMOUS) -> bytes:
        """Call a method as another canister does: nobody asks `canister_inspect_message`. Raises Reject."""
        raw, request = Principal.parse(name).raw, os.urandom(32)
        with self.engine.change():
            self._remember(request, caller, raw)
            self.engine.scheduler.submit(request, caller, raw, method, arg)
        return self._answer(request)

    def _remember(self, request: bytes, caller: bytes, canister: bytes) -> None:
        now = time.time_ns()
        self.engine.history.add(request, Request(caller, canister, canister, now), now=now)

    def _answer(self, request: bytes) -> bytes:
        """Return the reply of a call from outside, once all that can be done is done. Raises Reject."""
        done = self.engine.history.requests[request]
        for _ in range(self._turns):
            is_answered = done.state in ("replied", "rejected")
            if self.engine.proceed() or is_answered:  # answered: others get one more turn, for a loop may never end
                break
        if done.reject is not None:
            raise done.reject
        if done.reply is None:
            msg = "the call is still open: it waits for something that does not come by itself"
            raise Reject(SYS_UNKNOWN, "IC0202", msg)
        return done.reply

    def query(self, name: str, method: str, arg: bytes = EMPTY_ARG, *, caller: bytes = ANONYMOUS) -> bytes:
        """Call a query method and return its reply. Raises Reject."""
        return self.engine.query(caller, Principal.parse(name).raw, method, arg)

    # Others.

    @contextmanager
    def serve(
        self, *, port: int = 0, host: str = "127.0.0.1", anywhere: bool = False, for_ic_py: bool = False
    ) -> Iterator[Server]:
        """Serve the HTTP interface while the context lasts; its `url` and `root_key` are for clients.

        port: 0 takes a free one. host: an address of loopback, any other only with `anywhere`. for_ic_py: answers as
        ic-py 1.0.1 can read them (see `replica.http.app.Gateway`). Raises OSError: the port is taken.
        """
        from replica.boundary import Boundary, Ticker  # noqa: PLC0415 - a network in this process needs no server
        from replica.http.serve import Server  # noqa: PLC0415 - see above

        authority = self.engine.authority
        with Server(
            Boundary(self.engine),
            authority,
            host=host,
            port=port,
            anywhere=anywhere,
            for_ic_py=for_ic_py,
            faults=self.engine.faults,
        ) as server:
            ticker = Ticker(self.engine)
            try:
                yield server
            finally:
                ticker.stop()

    # What goes wrong, for tests of clients.

    @property
    def faults(self) -> Faults:
        """What is to go wrong with the next requests."""
        return self.engine.faults

    def set_cycles(self, name: str, cycles: int) -> None:
        """Give a canister another balance."""
        with self.engine.change():
            self._canister(name).cycles = cycles

    def hold(self, name: str) -> None:
        """Open a call of a canister that is never answered: it does not stop until `release`."""
        with self.engine.change():
            self.engine.scheduler.hold(self._canister(name))

    def release(self, name: str) -> None:
        """End what `hold` opened."""
        with self.engine.change():
            self.engine.scheduler.release(self._canister(name))

    def discard(self, name: str) -> None:
        """Take a canister away, whoever controls it and whatever it does; who waits for it is told."""
        with self.engine.change():
            canister = self._canister(name)
            self.engine.scheduler.forget(canister)
            canister.put_down()
            self.engine.canisters.remove(canister.id)

    # Time, and trying things out.

    def advance_time(self, seconds: float) -> None:
        """Put the clock forward and run the timers that then ring."""
        self.engine.advance(int(seconds * 1_000_000_000))
        self.tick()

    def set_time(self, ns: int) -> None:
        """Set the clock, ns since epoch, and run the timers that then ring. It goes on from there."""
        self.engine.advance(ns - self.engine.time())
        self.tick()

    def stand_still(self) -> None:
        """Let the clock stand until it is put forward: replies then differ by what changed, not by time."""
        self.engine.standing = time.time_ns()

    def tick(self) -> None:
        """Run what the system runs by itself: heartbeats, and timers that ring."""
        self.engine.tick()
        self.engine.proceed()

    def snapshot(self, name: str) -> Snapshot:
        """Take a snapshot that is the caller's: what a canister is now, beside those that the network keeps for it."""
        canister = self._canister(name)
        return snapshots.taken(canister, self.engine.time())

    def load(self, name: str, snapshot: Snapshot, *, caller: bytes = ANONYMOUS) -> None:
        """Make a canister what a snapshot holds. Of one that was taken the timer stays what it is."""
        with self.engine.change():
            self.engine.operations.load_foreign_snapshot(By(caller), Principal.parse(name).raw, snapshot)

    @contextmanager
    def fork(self, name: str) -> Iterator[str]:
        """Give a copy of a canister, under an id of its own, that is gone afterwards."""
        origin = self._canister(name)
        trial = self.create(controllers=origin.settings.controllers, cycles=origin.cycles)
        copy = self._canister(trial)
        copy.state = origin.state.copy()
        try:
            yield trial
        finally:
            with self.engine.change():
                copy.put_down()
                self.engine.canisters.remove(copy.id)
