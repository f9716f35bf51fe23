"""The network itself: its canisters, its clock, its keys, and the one lock behind which everything happens.

What happens behind the lock happens as a whole: whoever asks sees all of it or nothing, and with a folder for its state
it is on the disk before anybody is told.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from analyzer.candid.principal import Principal
from replica.canister import HOOK, READY, RUNNING, Canister, Limits
from replica.canisters import Canisters
from replica.errors import CANISTER_ERROR, SYS_FATAL, Reject
from replica.faults import Faults
from replica.ingress import History, Request
from replica.management.cycles import FREE, INGRESS, Charges, burned, check, is_frozen
from replica.management.dispatch import Management
from replica.management.fakes import LEDGER, MINTING, Fake
from replica.management.operations import Operations
from replica.queries import query
from replica.scheduler import MANAGEMENT, Scheduler, System

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from replica.certificates.authority import Authority
    from replica.execution.instance import Machine

STEPS = 2_000  # messages that are run before others get their turn
_CRASHED = 137  # the exit status of a process that was killed
_HEARTBEAT = "canister_heartbeat"
_TIMER = "canister_global_timer"


class Engine:
    """One network.

    limits: instructions of messages. charges: what cycles are taken for. seed: of its keys; the same seed makes the
    same keys. fakes: whether there are the two canisters of the mainnet that icp-cli needs. cache: a folder for
    compiled modules. keep: is called when something may have changed, before anybody is told of it.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        charges: Charges = FREE,
        seed: bytes | None = None,
        fakes: bool = True,
        cache: Path | None = None,
    ) -> None:
        from replica.execution.instance import Machine  # noqa: PLC0415 - wasmtime is loaded for a network alone

        self.machine: Machine = Machine(cache=cache)
        self.limits = limits or Limits()
        self.charges = charges
        self.seed = seed or os.urandom(32)
        self.system: dict[bytes, System] = {}
        self.canisters = Canisters(self.system)
        self.history = History()
        self.operations = Operations(self)
        self.management = Management(self)
        self.system[MANAGEMENT] = self.management
        if fakes:
            self.system |= {name: Fake(self, name) for name in (MINTING, LEDGER)}
        self.scheduler = Scheduler(self.canisters, self.system, self.time, self.history.finish)
        self.lock = threading.RLock()
        self.ahead = 0  # ns that the clock was put forward
        self.standing: int | None = None  # ns since epoch at which the clock stands; None: it goes
        self.height = 0  # grows with every change
        self.keep: Callable[[], None] = lambda: None
        self.faults = Faults()
        self._depth = 0
        self._failed = False

    def close(self) -> None:
        """Give back what the canisters hold."""
        with self.lock:
            for canister in self.canisters.look():
                canister.put_down()

    # What canisters ask (`replica.canister.Surroundings`).

    def time(self) -> int:
        """Return ns since epoch, as canisters see it."""
        return (time.time_ns() if self.standing is None else self.standing) + self.ahead

    @cached_property
    def authority(self) -> Authority:
        """Whoever signs for this network; made when it is first asked for."""
        from replica.certificates.authority import Authority  # noqa: PLC0415 - most networks of tests sign nothing

        return Authority(self.seed)

    def certificate(self, canister: bytes) -> bytes:
        """Return a certificate of the certified data of a canister."""
        from replica.certificates.data import data_certificate  # noqa: PLC0415 - see above

        data = self.canisters[canister].certified_data
        return data_certificate(self.authority, Principal(canister), data, time=time.time_ns())

    def root_key(self) -> bytes:
        """Return the network's public key, DER."""
        return self.authority.root_key

    def subnet(self) -> bytes:
        """Return the principal of the subnet."""
        return self.authority.subnet.raw

    # What happens.

    @contextmanager
    def change(self) -> Iterator[None]:
        """Do something as a whole. A failure of ours leaves a network that does nothing any more."""
        with self.lock:
            if self._failed:
                raise Reject(SYS_FATAL, "IC0000", "the network failed before; start it again")
            self._depth += 1
            try:
                try:
                    yield
                except Reject:
                    self._kept()
                    raise
                self._kept()
            except Reject:
                raise
            except BaseException:
                self._failed = True
                raise
            finally:
                self._depth -= 1

    def _kept(self) -> None:
        if self._depth == 1:
            self.height += 1
            fault = self.faults.take("commit")
            if fault is not None and fault.what == "crash before":
                os._exit(_CRASHED)
            self.keep()
            if fault is not None:
                os._exit(_CRASHED)

    def submit(self, name: bytes, request: Request, method: str, arg: bytes) -> None:
        """Take in a call from outside and begin with it. name: its id. Raises Reject: it is refused before that."""
        with self.change():
            if name in self.history.requests:
                return
            self._enter(request, method, arg)
            self.history.add(name, request, now=time.time_ns())
            fault = self.faults.take("execution", method)
            if fault is not None:
                if fault.what == "rejected":
                    self.history.finish(name, Reject(fault.code, fault.error_code, fault.message))
                return
            self.scheduler.submit(name, request.sender, request.canister, method, arg)
            self.scheduler.run(STEPS)

    def _enter(self, request: Request, method: str, arg: bytes) -> None:
        """Ask whether a call from outside is taken, and take what it costs. Raises Reject: it is not."""
        cost = self.charges.entrance(len(method) + len(arg))
        payer: bytes | None = None
        if request.canister == MANAGEMENT:
            payer = self.management.effective(request.sender, method, arg)
            if payer is not None and request.effective not in (MANAGEMENT, payer):  # in the process there is no URL
                msg = f"the call is about canister {Principal(payer)}, and was sent to {Principal(request.effective)}"
                raise Reject(CANISTER_ERROR, "IC0000", msg)
        elif request.canister not in self.system:
            payer = request.canister
            check(self.canisters[payer], cost=cost)
            self.scheduler.inspect(request.sender, payer, method, arg)
        if payer is not None:
            self.canisters[payer].pay(INGRESS, cost)

    def proceed(self) -> bool:
        """Go on with what is to be done; tell whether all of it is done."""
        with self.change():
            return self.scheduler.run(STEPS)

    def query(self, caller: bytes, name: bytes, method: str, arg: bytes) -> bytes:
        """Run a query and return its reply. Raises Reject."""
        with self.lock:
            system = self.system.get(name)
            if system is not None:
                return system.query(caller, method, arg)
            return query(self, caller, name, method, arg)

    def advance(self, ns: int) -> None:
        """Put the clock forward."""
        with self.change():
            self.ahead += ns
            if self.charges.idle:
                self._burn(ns // 10**9)

    def _burn(self, seconds: int) -> None:
        """Take what canisters cost; one that has nothing left loses what it is (spec, "Canister out of cycles")."""
        for name in [one.id for one in self.canisters.look()]:
            canister = self.canisters[name]
            for use, amount in burned(canister, seconds).items():
                canister.pay(use, amount)
            if not canister.cycles:
                self.operations.run_out(canister)

    def tick(self, *, heartbeats: bool = True) -> None:
        """Run what the system runs by itself, and go on with what is to be done."""
        with self.lock:
            due = self._due(heartbeats=heartbeats)
            if not due and not self.scheduler.waiting():
                return
            with self.change():
                self.scheduler.expire()
                for looked_at, entry in due:
                    canister = self.canisters[looked_at.id]
                    if entry == _TIMER:
                        canister.state.timer = 0  # it rings once
                    if entry != HOOK or canister.take_hook():
                        self.scheduler.task(canister, entry)
                self.scheduler.run(STEPS)

    def _due(self, *, heartbeats: bool) -> list[tuple[Canister, str]]:
        now = self.time()
        due = []
        for canister in self.canisters.look():
            module = canister.state.module
            if module is None or canister.run_status != RUNNING or is_frozen(canister):
                continue
            if canister.hook == READY and HOOK in module.entries:
                due.append((canister, HOOK))
            if heartbeats and _HEARTBEAT in module.entries:
                due.append((canister, _HEARTBEAT))
            if 0 < canister.state.timer <= now and _TIMER in module.entries:
                due.append((canister, _TIMER))
        return due
