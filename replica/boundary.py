"""A network as the HTTP interface sees it, and the clock that drives it while it is served.

Interface spec 0.66, "HTTPS Interface". Certificates carry wall-clock time whatever canisters are told: clients refuse
what is minutes off their own clock.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from cbor2 import dumps

from analyzer.candid.principal import Principal
from replica.errors import Reject
from replica.http.network import CanisterState, Message, RequestStatus, Section
from replica.ingress import Request

if TYPE_CHECKING:
    from replica.engine import Engine

_TICK = 0.05  # seconds between looks at timers and at what is still to be done
_ROUND = 1.0  # between heartbeats; about a round of a subnet
_logger = logging.getLogger(__name__)


class Boundary:
    """What `replica.http` asks of a network (`replica.http.network.Network`)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def submit(self, message: Message) -> None:
        """Take a call in, and begin with it. Raises Reject: it is refused before it is one."""
        request = Request(message.sender.raw, message.canister.raw, message.effective.raw, message.expiry)
        self._engine.submit(message.request_id, request, message.method, message.arg)

    def request_status(self, request_id: bytes) -> RequestStatus | None:
        """Return how far a call is, None if it is not known."""
        with self._engine.lock:
            known = self._engine.history.requests.get(request_id)
            if known is None:
                return None
            return RequestStatus(
                known.state,
                Principal(known.sender),
                Principal(known.canister),
                Principal(known.effective),
                known.reply,
                known.reject,
            )

    def query(self, sender: Principal, canister: Principal, method: str, arg: bytes) -> bytes:
        """Run a query and return its reply. Raises Reject."""
        return self._engine.query(sender.raw, canister.raw, method, arg)

    def canister(self, canister: Principal) -> CanisterState | None:
        """Return what is certified of a canister, None if there is none."""
        with self._engine.lock:
            known = self._engine.canisters.get(canister.raw)
            if known is None:
                return None
            module = known.state.module
            controllers = tuple(Principal(one) for one in known.controllers)
            return CanisterState(controllers, None if module is None else module.sha256, known.created, known.installed)

    def metadata(self, canister: Principal, name: str) -> Section | None:
        """Return a custom section of a canister's module, None if canister, module or section are not there."""
        with self._engine.lock:
            known = self._engine.canisters.get(canister.raw)
            module = None if known is None else known.state.module
            section = None if module is None else module.metadata.get(name)
            return None if section is None else Section(section.data, section.private)

    def metrics(self) -> bytes | None:
        """Return how much there is (spec, "Subnet information": numbers of canisters, bytes, cycles, transactions)."""
        with self._engine.lock:
            count = len(self._engine.canisters)
        return dumps({0: count, 1: 0, 2: {0: 0, 1: 0}, 3: self._engine.height})

    def time(self) -> int:
        """Return ns since epoch."""
        return time.time_ns()

    def height(self) -> int:
        """Return a number that grows with every change."""
        return self._engine.height


class Ticker:
    """Lets time pass for a network that is served: timers ring, heartbeats beat, long calls go on."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="replica-clock", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the clock, and wait until what it does is done."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        last = time.monotonic()
        while not self._stop.wait(_TICK):
            now = time.monotonic()
            beat = now - last >= _ROUND
            if beat:
                last = now
            try:
                self._engine.tick(heartbeats=beat)
            except Reject:
                return  # the network failed, which whoever asks it is told
            except Exception:
                _logger.exception("the network failed")
                return
