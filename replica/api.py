"""A network in this process: canisters are made, installed, called, upgraded and tried out without HTTP."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, Self

from analyzer.candid.principal import Principal
from replica.canister import RUNNING, STOPPED, Canister, Limits, State
from replica.errors import CANISTER_ERROR, DESTINATION_INVALID, Reject
from replica.execution.trap import Trap
from replica.module.prepare import prepare
from replica.scheduler import Answer, Scheduler

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replica.execution.instance import Machine

ANONYMOUS = b"\x04"
CYCLES = 100_000_000_000_000  # of a new canister: 100 T, what local networks give
EMPTY_ARG = b"DIDL\0\0"
_SUBNET = b"\x01" * 10  # the last byte but one of ids says whose they are


class Replica:
    """One network. limits: instructions of messages. Canisters are named by principal, as text or bytes."""

    def __init__(self, *, limits: Limits | None = None) -> None:
        from replica.execution.instance import Machine  # noqa: PLC0415 - wasmtime is loaded for a network alone

        self.machine: Machine = Machine()
        self.limits = limits or Limits()
        self.scheduler = Scheduler(self._management)
        self._ahead = 0  # ns that the clock was put forward
        self._next = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back what the canisters hold."""
        for canister in self.scheduler.canisters.values():
            canister.put_down()

    # What canisters ask (`replica.canister.Surroundings`).

    def time(self) -> int:
        """Return ns since epoch, as canisters see it."""
        return time.time_ns() + self._ahead

    def certificate(self, _canister: bytes) -> bytes:
        """Return no certificate: in this process nobody checks one."""
        return b""

    def root_key(self) -> bytes:
        """Return no key: in this process nobody checks a signature."""
        return b""

    def subnet(self) -> bytes:
        """Return the principal of the subnet."""
        return _SUBNET

    # Canisters.

    def create(
        self, *, controllers: Sequence[bytes] = (ANONYMOUS,), cycles: int = CYCLES, name: str | None = None
    ) -> str:
        """Make an empty canister and return its id. name: the id that it is to have, e.g. that of the real one."""
        if name is None:
            while (raw := self._next.to_bytes(8, "big") + b"\x01\x01") in self.scheduler.canisters:
                self._next += 1
        else:
            raw = Principal.parse(name).raw
        if raw in self.scheduler.canisters:
            msg = f"Canister {Principal(raw)} is already installed"
            raise Reject(DESTINATION_INVALID, "IC0538", msg)
        self.scheduler.canisters[raw] = Canister(raw, controllers, cycles, self)
        return str(Principal(raw))

    def _canister(self, name: str) -> Canister:
        return self.scheduler.canister(Principal.parse(name).raw)

    def install(self, name: str, module: bytes, arg: bytes = EMPTY_ARG, *, caller: bytes = ANONYMOUS) -> None:
        """Install a module into an empty canister. Raises Reject; then the canister is as it was."""
        canister = self._canister(name)
        if canister.state.module is not None:
            msg = f"Canister {name} cannot be installed because the canister is not empty: use the mode `reinstall`."
            raise Reject(CANISTER_ERROR, "IC0514", msg)
        self.reinstall(name, module, arg, caller=caller)

    def reinstall(self, name: str, module: bytes, arg: bytes = EMPTY_ARG, *, caller: bytes = ANONYMOUS) -> None:
        """Install a module in place of everything that is there. Raises Reject; then the canister is as it was."""
        with _rejected():
            self._canister(name).install(prepare(module), arg, caller)
        self.scheduler.run()

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
        with _rejected():
            self._canister(name).upgrade(
                prepare(module), arg, caller, persistence=persistence, skip_pre_upgrade=skip_pre_upgrade
            )
        self.scheduler.run()

    def stop(self, name: str) -> None:
        """Stop a canister. Raises Reject (IC0206): one of its calls stays open."""
        done: list[None] = []
        canister = self._canister(name)
        self.scheduler.stop(canister, lambda: done.append(None))
        if not done:
            msg = "Stop canister request timed out"
            raise Reject(CANISTER_ERROR, "IC0206", msg)

    def start(self, name: str) -> None:
        """Start a canister."""
        self._canister(name).run_status = RUNNING

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
        raw = Principal.parse(name).raw
        self.scheduler.inspect(caller, raw, method, arg)
        found: list[Answer] = []
        self.scheduler.update(caller, raw, method, arg, found.append)
        if not found:
            msg = "the call is still open: it waits for a timer or for another call"
            raise Reject(CANISTER_ERROR, "IC0204", msg)
        if isinstance(found[0], Reject):
            raise found[0]
        return found[0]

    def query(self, name: str, method: str, arg: bytes = EMPTY_ARG, *, caller: bytes = ANONYMOUS) -> bytes:
        """Call a query method and return its reply. Raises Reject."""
        return self.scheduler.query(caller, Principal.parse(name).raw, method, arg)

    # Time, and trying things out.

    def advance_time(self, seconds: float) -> None:
        """Put the clock forward and run the timers that then ring."""
        self._ahead += int(seconds * 1_000_000_000)
        self.tick()

    def tick(self) -> None:
        """Run what the system runs by itself: heartbeats, and timers that ring."""
        for canister in list(self.scheduler.canisters.values()):
            module = canister.state.module
            if module is None or canister.run_status != RUNNING:
                continue
            if "canister_heartbeat" in module.entries:
                self.scheduler.task(canister, "canister_heartbeat")
            if 0 < canister.state.timer <= self.time() and "canister_global_timer" in module.entries:
                canister.state.timer = 0  # it rings once
                self.scheduler.task(canister, "canister_global_timer")

    def snapshot(self, name: str) -> State:
        """Return what a canister is now: module, memories, certified data."""
        canister = self._canister(name)
        canister.module()
        return canister.state.copy()

    def load(self, name: str, snapshot: State) -> None:
        """Make a canister what a snapshot holds. The timer stays what it is (spec 0.66, "Load canister snapshot")."""
        canister = self._canister(name)
        timer = canister.state.timer
        canister.put_down()
        canister.state = snapshot.copy()
        canister.state.timer = timer
        canister.version += 1

    @contextmanager
    def fork(self, name: str) -> Iterator[str]:
        """Give a copy of a canister, under an id of its own, that is gone afterwards."""
        origin = self._canister(name)
        trial = self.create(controllers=origin.controllers, cycles=origin.cycles)
        copy = self._canister(trial)
        copy.state = origin.state.copy()
        try:
            yield trial
        finally:
            copy.put_down()
            del self.scheduler.canisters[copy.id]

    # The management canister, as canisters call it.

    def _management(self, _caller: bytes, method: str, _arg: bytes) -> Answer:
        if method == "raw_rand":
            return b"DIDL\x01\x6d\x7b\x01\x00\x20" + os.urandom(32)
        msg = f"Management canister has no method '{method}'"
        return Reject(DESTINATION_INVALID, "IC0536", msg)


@contextmanager
def _rejected() -> Iterator[None]:
    try:
        yield
    except Trap as error:
        raise Reject(CANISTER_ERROR, error.error_code, error.message) from None
