"""Update calls: let each through once, wait a while, and certify what became of it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from http import HTTPStatus
from typing import TYPE_CHECKING

from replica.errors import Reject
from replica.http.answer import HttpError
from replica.http.network import MANAGEMENT, SETTLED, Message, RequestStatus
from replica.requests.authenticate import authenticate
from replica.requests.replay import Known

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from analyzer.candid.principal import Principal
    from replica.http.network import Network
    from replica.requests.envelope import Envelope, Invocation

_FIRST_LOOK, _LAST_LOOK = 0.001, 0.05  # seconds between looks at a call that runs; each wait doubles
_MAX_REJECTS = 1000
_BAD = HTTPStatus.BAD_REQUEST
_logger = logging.getLogger(__name__)


class Calls:
    """Takes calls in. clock: wall clock, ns since 1970."""

    def __init__(self, network: Network, clock: Callable[[], int], *, certify_rejects: bool) -> None:
        """certify_rejects: a call that is refused before it runs gets a certified rejection, to be polled for.

        That is not what the IC does, but ic-py 1.0.1 does not read the answer to a call, and polls for ever.
        """
        self._network = network
        self._clock = clock
        self._certify_rejects = certify_rejects
        self._known = Known()
        self._rejects: OrderedDict[bytes, RequestStatus] = OrderedDict()

    def status(self, request_id: bytes) -> RequestStatus | None:
        """Return how far a call is, None if it is not known."""
        return self._network.request_status(request_id) or self._rejects.get(request_id)

    def accept(self, envelope: Envelope, effective: Principal) -> Reject | None:
        """Prove a call and hand it to the network, unless that was done; return why the network refuses it.

        Raises Refused, HttpError and TooMany.
        """
        now = self._clock()
        authenticate(envelope, "call", now=now)
        content = as_invocation(envelope, effective)
        if self.status(content.id) is not None:
            return None
        if not self._known.admit(content.id, expiry=content.expiry, now=now):
            return None
        message = Message(
            content.sender, content.canister, effective, content.method, content.arg, content.id, content.expiry
        )
        try:
            self._network.submit(message)
        except Reject as reject:
            self._known.forget(content.id)
            if not self._certify_rejects:
                return reject
            self._keep(message, reject)
        except BaseException:
            self._known.forget(content.id)
            raise
        return None

    async def settled(self, request_id: bytes, pool: Executor, *, deadline: float) -> RequestStatus | None:
        """Return the status of a call once it is final, None if it is not by then. deadline: of time.monotonic()."""
        loop, pause = asyncio.get_running_loop(), _FIRST_LOOK
        while True:
            status = await loop.run_in_executor(pool, self.status, request_id)
            if status is not None and status.state in SETTLED:
                return status
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            await asyncio.sleep(min(pause, left))
            pause = min(2 * pause, _LAST_LOOK)

    def _keep(self, message: Message, reject: Reject) -> None:
        self._rejects[message.request_id] = RequestStatus(
            "rejected", message.sender, message.canister, message.effective, reject=reject
        )
        while len(self._rejects) > _MAX_REJECTS:
            self._rejects.popitem(last=False)


def as_invocation(envelope: Envelope, effective: Principal) -> Invocation:
    """Return the call or query of an envelope. Raises HttpError where the URL names another canister than it.

    Else somebody could reach a canister under another's name. Spec, "Effective canister id"; management calls are
    routed by their argument, which the network reads.
    """
    content: Invocation = envelope.content  # type: ignore[assignment]  # an envelope read as a call or query has one
    if content.canister not in {MANAGEMENT, effective}:
        text = f"Specified CanisterId {content.canister} does not match effective canister id in URL {effective}"
        raise HttpError(_BAD, text)
    return content


def log_failure(done: asyncio.Future[Reject | None]) -> None:
    """Log what went wrong with a call nobody waits for any more."""
    if not done.cancelled() and (error := done.exception()) is not None:
        _logger.error("a call failed after its client was told to poll", exc_info=error)
