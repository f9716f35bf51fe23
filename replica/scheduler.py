"""Messages between canisters: call contexts, replies and rejects, until nothing is left to do.

Interface spec 0.66, "Call contexts" and "Abstract behaviour": a call is answered once, by a reply, a reject, or for it
when nothing is left that could answer it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from replica.canister import RUNNING, STOPPED, STOPPING, Canister
from replica.errors import CANISTER_ERROR, CANISTER_REJECT, DESTINATION_INVALID, Reject
from replica.execution.message import CLEANUP, COMPOSITE, INSPECT, QUERY, REJECT, REPLY, TASK, UPDATE, Message, OutCall
from replica.execution.trap import Trap

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = bytes | Reject
MANAGEMENT = b""
MAX_STEPS = 1_000_000  # messages that one request may lead to
_REPLICATED = ("update", "query")


@dataclass(slots=True, eq=False)
class Context:
    """A call that is to be answered. answer: what is done with the answer, and the cycles that were not taken."""

    canister: Canister
    answer: Callable[[Answer, int], None] | None
    available: int = 0
    outstanding: int = 0
    answered: bool = False


class _Request(NamedTuple):
    """A call that is to begin."""

    context: Context
    caller: bytes
    method: str
    arg: bytes


class _Response(NamedTuple):
    """An answer that is to be heard. context: of the caller."""

    context: Context
    call: OutCall
    answer: Answer
    refund: int


class Scheduler:
    """The queue of a network, and the canisters by their ids. management: answers calls to `aaaaa-aa`."""

    def __init__(self, management: Callable[[bytes, str, bytes], Answer]) -> None:
        self.canisters: dict[bytes, Canister] = {}
        self._management = management
        self._queue: deque[_Request | _Response] = deque()
        self._stopping: list[tuple[Canister, Callable[[], None]]] = []

    def canister(self, name: bytes) -> Canister:
        """Return a canister. Raises Reject (IC0301)."""
        found = self.canisters.get(name)
        if found is None:
            from analyzer.candid.principal import Principal  # noqa: PLC0415 - for its text alone

            msg = f"Canister {Principal(name)} not found"
            raise Reject(DESTINATION_INVALID, "IC0301", msg)
        return found

    # From outside.

    def update(self, caller: bytes, name: bytes, method: str, arg: bytes, answer: Callable[[Answer], None]) -> None:
        """Take in an update call; `answer` is called when it is answered, at the latest when the queue is empty."""

        def given(said: Answer, _refund: int) -> None:
            answer(said)

        self._call(caller, name, method, arg, 0, given)
        self.run()

    def inspect(self, caller: bytes, name: bytes, method: str, arg: bytes) -> None:
        """Ask a canister whether it wants a call from outside. Raises Reject (IC0406): it does not."""
        canister = self.canister(name)
        canister.method(method, _REPLICATED)
        if "canister_inspect_message" not in canister.module().entries:
            return
        message = Message(INSPECT, caller, arg, method)
        try:
            canister.execute(message, "canister_inspect_message", canister.around.limits.inspect, keep=False)
        except Trap as error:
            raise Reject(CANISTER_ERROR, error.error_code, error.message) from None
        if not message.accepted:
            msg = "Canister rejected the message"
            raise Reject(CANISTER_REJECT, "IC0406", msg)

    def query(self, caller: bytes, name: bytes, method: str, arg: bytes) -> bytes:
        """Run a query and return its reply. Raises Reject."""
        canister = self.canister(name)
        kind = canister.method(method, ("query", "composite_query"))
        message = Message(QUERY if kind == "query" else COMPOSITE, caller, arg, method)
        try:
            canister.execute(message, f"canister_{kind} {method}", canister.around.limits.query, keep=False)
        except Trap as error:
            raise Reject(CANISTER_ERROR, error.error_code, error.message) from None
        if message.calls:
            msg = "Composite queries that call other canisters are not run here"
            raise Reject(CANISTER_ERROR, "IC0504", msg)
        return _outcome(message)

    def stop(self, canister: Canister, stopped: Callable[[], None]) -> None:
        """Stop a canister: when none of its calls is open, `stopped` is called."""
        canister.run_status = STOPPING if canister.run_status == RUNNING else canister.run_status
        self._stopping.append((canister, stopped))
        self._settle()

    def task(self, canister: Canister, entry: str) -> None:
        """Run a task of the system, such as `canister_global_timer`. One that traps leaves nothing."""
        context = Context(canister, None, answered=True)
        canister.open_contexts += 1
        self._execute(context, Message(TASK, MANAGEMENT, answered=True), entry)
        self.run()

    # Inside.

    def _call(
        self, caller: bytes, name: bytes, method: str, arg: bytes, cycles: int, answer: Callable[[Answer, int], None]
    ) -> None:
        if name == MANAGEMENT:
            answer(self._management(caller, method, arg), cycles)
            return
        try:
            canister = self.canister(name)
            canister.method(method, _REPLICATED)
        except Reject as error:
            answer(error, cycles)
            return
        context = Context(canister, answer, cycles)
        canister.open_contexts += 1
        self._queue.append(_Request(context, caller, method, arg))

    def run(self) -> None:
        """Go on until nothing is left to do."""
        for _ in range(MAX_STEPS):
            if not self._queue:
                self._settle()
                return
            item = self._queue.popleft()
            if isinstance(item, _Request):
                self._begin(item)
            else:
                self._hear(item)

    def _begin(self, request: _Request) -> None:
        context = request.context
        kind = context.canister.module().methods.get(request.method)
        entry = UPDATE if kind == "update" else QUERY
        message = Message(entry, request.caller, request.arg, request.method, context.available)
        self._execute(context, message, f"canister_{kind} {request.method}")

    def _hear(self, response: _Response) -> None:
        context, call = response.context, response.call
        context.outstanding -= 1
        context.canister.cycles += response.refund
        if isinstance(response.answer, Reject):
            message = Message(REJECT, reject=response.answer)
            target = call.on_reject
        else:
            message = Message(REPLY, arg=response.answer)
            target = call.on_reply
        message.available, message.refunded, message.answered = context.available, response.refund, context.answered
        self._execute(context, message, target, call.on_cleanup)

    def _execute(
        self,
        context: Context,
        message: Message,
        target: str | tuple[int, int],
        cleanup: tuple[int, int] | None = None,
    ) -> None:
        """Run one message of a context, send what it sends, and answer the call if it did."""
        canister = context.canister
        limits = canister.around.limits
        try:
            canister.execute(message, target, limits.update, keep=message.entry != QUERY)
        except Trap as error:
            if cleanup is not None:
                self._clean_up(canister, cleanup)
            self._close(context, Reject(CANISTER_ERROR, error.error_code, error.message))
            return
        context.available = message.available
        for call in message.calls:
            context.outstanding += 1
            self._call(canister.id, call.callee, call.method, call.arg, call.cycles, self._heard(context, call))
        if message.replied is not None or message.rejected is not None:
            said: Answer
            try:
                said = _outcome(message)
            except Reject as error:
                said = error
            self._answer(context, said)
        self._close(context, Reject(CANISTER_ERROR, "IC0506", "Canister did not reply to the call"))

    def _heard(self, context: Context, call: OutCall) -> Callable[[Answer, int], None]:
        def given(answer: Answer, refund: int) -> None:
            self._queue.append(_Response(context, call, answer, refund))

        return given

    def _clean_up(self, canister: Canister, target: tuple[int, int]) -> None:
        """Let a canister tidy up after a callback that trapped; if that traps too, it has not."""
        try:
            canister.execute(Message(CLEANUP, answered=True), target, canister.around.limits.update, keep=True)
        except Trap:
            return

    def _answer(self, context: Context, answer: Answer) -> None:
        context.answered = True
        if context.answer is not None:
            context.answer(answer, context.available)
        context.available = 0

    def _close(self, context: Context, otherwise: Reject) -> None:
        """End a context in which nothing more can happen, with an answer if it has had none."""
        if context.outstanding:
            return
        if not context.answered:
            self._answer(context, otherwise)
        context.canister.open_contexts -= 1
        self._settle()

    def _settle(self) -> None:
        """Stop the canisters that are to be stopped and have no open call any more."""
        for entry in list(self._stopping):
            canister, stopped = entry
            if canister.run_status == RUNNING or not canister.open_contexts:
                self._stopping.remove(entry)
                if canister.run_status == STOPPING:
                    canister.run_status = STOPPED
                stopped()


def _outcome(message: Message) -> bytes:
    """Return the reply of a message. Raises Reject: it rejected, or did neither (IC0506)."""
    if message.replied is not None:
        return message.replied
    if message.rejected is not None:
        raise Reject(CANISTER_REJECT, "IC0406", message.rejected)
    msg = "Canister did not reply to the call"
    raise Reject(CANISTER_ERROR, "IC0506", msg)
