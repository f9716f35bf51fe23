"""Messages between canisters: call contexts, replies and rejects, until nothing is left to do.

Interface spec 0.66, "Call contexts" and "Abstract behaviour": a call is answered once, by a reply, a reject, or for it
when nothing is left that could answer it.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

from analyzer.candid.principal import Principal
from replica.calls import Begin, Context, Hear, Ingress, Outgoing, Sent, Stop
from replica.canister import HOOK, RUNNING, STOPPED, STOPPING
from replica.errors import CANISTER_ERROR, CANISTER_REJECT, SYS_TRANSIENT, SYS_UNKNOWN, Reject
from replica.execution.message import CLEANUP, INSPECT, REJECT, REPLICATED_QUERY, REPLY, TASK, UPDATE, Message
from replica.execution.trap import Trap
from replica.management.asked import Asked
from replica.management.cycles import is_frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replica.calls import Answer, Origin
    from replica.canister import Canister
    from replica.canisters import Canisters
    from replica.execution.message import OutCall
    from replica.management.asked import Given

MANAGEMENT = b""
EMPTY_REPLY = b"DIDL\0\0"
REPLICATED = ("update", "query")
STOP_TIMEOUT = (
    5 * 60 * 10**9
)  # ns, after which whoever stops a canister is told that it has not stopped (network.md 1.2)
MAX_BEST_EFFORT = 300  # seconds that a best-effort call may wait (spec, "Bounded-wait calls")


class System(Protocol):
    """A part of the network that answers calls as a canister does."""

    def call(self, asked: Asked) -> Given | None:
        """Return the answer; None: it is given to the origin later. Raises Reject."""

    def query(self, caller: bytes, method: str, arg: bytes) -> bytes:
        """Return the reply of a query. Raises Reject."""


class Scheduler:
    """The queue of a network, and the calls that are open.

    system: who answers calls to ids that are no canister's here, such as `aaaaa-aa`. clock: ns since epoch. finished:
    is told what became of calls from outside, by their request ids.
    """

    def __init__(
        self,
        canisters: Canisters,
        system: Mapping[bytes, System],
        clock: Callable[[], int],
        finished: Callable[[bytes, Answer], None],
    ) -> None:
        self.canisters = canisters
        self.contexts: dict[int, Context] = {}
        self.outgoing: dict[int, Outgoing] = {}
        self.queue: deque[Begin | Hear] = deque()
        self.stops: list[Stop] = []
        self.numbers = 0  # given to contexts and calls so far
        self.outside: System | None = None  # who answers calls of canisters to others, instead of those; None: nobody
        self._system = system
        self._clock = clock
        self._finished = finished

    # From outside.

    def submit(self, request: bytes, caller: bytes, name: bytes, method: str, arg: bytes) -> None:
        """Take in a call from outside; it is run by `run`."""
        self._call(Ingress(request), caller, name, method, arg)

    def inspect(self, caller: bytes, name: bytes, method: str, arg: bytes) -> None:
        """Ask a canister whether it wants a call from outside. Raises Reject (IC0406): it does not.

        A method that there is not is taken in, and rejected when it is run (recalled).
        """
        canister = self.canisters[name]
        canister.ready()
        if "canister_inspect_message" not in canister.module().entries:
            return
        message = Message(INSPECT, caller, arg, method)
        try:
            canister.execute(message, "canister_inspect_message", canister.around.limits.inspect, keep=False)
        except Trap as error:
            raise error.rejected(canister.id) from None
        if not message.accepted:
            msg = "Canister rejected the message"
            raise Reject(CANISTER_REJECT, "IC0406", msg)

    def task(self, canister: Canister, entry: str) -> None:
        """Run a task of the system, such as `canister_global_timer`. One that traps leaves nothing."""
        number = self._open(Context(canister.id, None, MANAGEMENT, answered=True))
        self._execute(number, Message(TASK, MANAGEMENT, answered=True), entry)

    def stop(self, canister: Canister, origin: Origin, refund: int = 0) -> None:
        """Stop a canister: the origin is answered when none of its calls is open, or after five minutes with IC0206.

        refund: cycles that it gets back then.
        """
        if canister.run_status == RUNNING:
            canister.run_status = STOPPING
        self.stops.append(Stop(canister.id, origin, self._clock() + STOP_TIMEOUT, refund))
        self._settle()

    def start(self, canister: Canister) -> None:
        """Start a canister; whoever waits for its stop is told so (IC0511)."""
        canister.run_status = RUNNING
        for stop in [one for one in self.stops if one.canister == canister.id]:
            self.stops.remove(stop)
            msg = f"Canister {Principal(canister.id)}'s stop request was cancelled"
            self.answer(stop.origin, Reject(CANISTER_ERROR, "IC0511", msg), stop.refund)

    def abandon(self, canister: Canister) -> None:
        """End all calls that a canister has not answered, because its code is taken away (spec, "Uninstall code").

        What it waits for gives back its cycles when it comes, and runs nothing.
        """
        for number, context in list(self.contexts.items()):
            if context.canister != canister.id:
                continue
            if not context.answered:
                msg = "Canister has been uninstalled"
                self._answer(context, Reject(CANISTER_REJECT, "IC0406", msg))
            context.deleted = True
            if not context.outstanding:
                del self.contexts[number]
        self._settle()

    def forget(self, canister: Canister) -> None:
        """End all that a canister has to do with calls, because it is taken away itself."""
        self.abandon(canister)
        for number in [one for one, context in self.contexts.items() if context.canister == canister.id]:
            del self.contexts[number]
        self._settle()

    def hold(self, canister: Canister) -> None:
        """Open a call of nobody that waits for an answer that does not come."""
        self._open(Context(canister.id, None, MANAGEMENT, outstanding=1, answered=True))

    def release(self, canister: Canister) -> None:
        """End the calls of nobody."""
        for number, context in list(self.contexts.items()):
            if context.canister == canister.id and context.origin is None:
                del self.contexts[number]
        self._settle()

    # What is to be done.

    def run(self, steps: int) -> bool:
        """Do what is to be done, at most so many messages; tell whether all of it is done."""
        for _ in range(steps):
            if not self.queue:
                break
            item = self.queue.popleft()
            if isinstance(item, Begin):
                self._begin(item)
            else:
                self._hear(item)
        self._settle()
        return not self.queue

    def waiting(self) -> bool:
        """Tell whether there is something to do, or somebody whose time of waiting is over."""
        now = self._clock()
        late = any(sent.deadline is not None and sent.deadline <= now for sent in self.outgoing.values())
        return bool(self.queue) or late or any(stop.deadline <= now for stop in self.stops)

    def expire(self) -> None:
        """End the waiting whose time is over: of best-effort calls, and of those who stop a canister."""
        now = self._clock()
        for number, sent in list(self.outgoing.items()):
            if sent.deadline is not None and sent.deadline <= now:
                late = Reject(SYS_UNKNOWN, "IC0405", "Message did not complete within its deadline")
                self.answer(Sent(number), late, 0)  # what came with the call is lost (spec, "Bounded-wait calls")
        for stop in [one for one in self.stops if one.deadline <= now]:
            self.stops.remove(stop)
            msg = f"Stop canister request timed out. Canister {Principal(stop.canister)} did not stop"
            self.answer(stop.origin, Reject(SYS_TRANSIENT, "IC0206", msg), stop.refund)

    def answer(self, origin: Origin, answer: Answer, refund: int) -> None:
        """Tell whoever called. refund: cycles that were not taken."""
        if isinstance(origin, Ingress):
            self._finished(origin.request, answer)
        elif isinstance(origin, Sent):
            sent = self.outgoing.pop(origin.number, None)
            if sent is not None:  # else it was given up: a best-effort call, or the caller is gone
                self.queue.append(Hear(sent.context, sent.call, answer, refund))

    def _open(self, context: Context) -> int:
        self.numbers += 1
        self.contexts[self.numbers] = context
        return self.numbers

    def _call(
        self,
        origin: Ingress | Sent,
        caller: bytes,
        name: bytes,
        method: str,
        arg: bytes,
        cycles: int = 0,
        deadline: int | None = None,
        version: int | None = None,
    ) -> None:
        try:
            leaves = isinstance(origin, Sent) and name != caller
            system = self.outside if leaves and self.outside is not None else self._system.get(name)
            if system is not None:
                given = system.call(Asked(caller, method, arg, cycles, origin, isinstance(origin, Ingress), version))
                if given is not None:
                    self.answer(origin, given.reply, given.refund)
                return
            canister = self.canisters[name]
            canister.ready()
            if isinstance(origin, Sent) and caller != name:
                _check_sum(canister, cycles)
            _replicated(canister, method)
        except Reject as error:
            self.answer(origin, error, cycles)
            return
        context = Context(name, origin, caller, cycles, deadline=deadline)
        self.queue.append(Begin(self._open(context), method, arg))

    def _begin(self, item: Begin) -> None:
        context = self.contexts.get(item.context)
        if context is None:
            return
        canister = self.canisters[context.canister]
        try:
            kind = _replicated(canister, item.method)
        except Reject as error:  # the code changed while the call waited
            self._answer(context, error)
            self._close(item.context, error)
            return
        entry = UPDATE if kind == "update" else REPLICATED_QUERY
        message = Message(entry, context.caller, item.arg, item.method, context.available)
        self._execute(item.context, message, f"canister_{kind} {item.method}")

    def _hear(self, item: Hear) -> None:
        context = self.contexts.get(item.context)
        if context is None:
            return
        context.outstanding -= 1
        call = item.call
        size = len(item.answer.message if isinstance(item.answer, Reject) else item.answer)
        self.canisters[context.canister].hear(call, size, item.refund)
        if context.deleted:
            if not context.outstanding:
                del self.contexts[item.context]
                self._settle()
            return
        if isinstance(item.answer, Reject):
            message = Message(REJECT, context.caller, reject=item.answer)
            target = call.on_reject
        else:
            message = Message(REPLY, context.caller, arg=item.answer)
            target = call.on_reply
        message.available, message.refunded, message.answered = context.available, item.refund, context.answered
        self._execute(item.context, message, target, call.on_cleanup)

    def _execute(
        self,
        number: int,
        message: Message,
        target: str | tuple[int, int],
        cleanup: tuple[int, int] | None = None,
    ) -> None:
        """Run one message of a context, send what it sends, and answer the call if it did."""
        context = self.contexts[number]
        canister = self.canisters[context.canister]
        limits = canister.around.limits
        message.spent, message.deadline = context.spent, context.deadline or 0
        try:
            canister.execute(message, target, limits.update, keep=message.entry != REPLICATED_QUERY)
        except Trap as error:
            if cleanup is not None:
                self._clean_up(canister, context.caller, cleanup, message.reject)
            self._close(number, error.rejected(canister.id))
            return
        except Reject as error:  # what is committed does not run any more: there is no memory for it
            self._close(number, error)
            return
        context.available = message.available + message.unspent
        context.spent += canister.used()
        version = canister.version - 1  # what the message saw; the calls may change it
        for call in message.calls:
            context.outstanding += 1
            self._send(number, canister, call, version)
        if message.replied is not None:
            self._answer(context, message.replied)
        elif message.rejected is not None:
            self._answer(context, Reject(CANISTER_REJECT, "IC0406", message.rejected))
        self._close(number, Reject(CANISTER_ERROR, "IC0506", "Canister did not reply to the call"))
        if not is_frozen(canister) and canister.take_hook():  # else when it is warm again
            self.task(canister, HOOK)

    def _send(self, context: int, canister: Canister, call: OutCall, version: int) -> None:
        deadline = None
        if call.timeout is not None:
            deadline = self._clock() + min(call.timeout, MAX_BEST_EFFORT) * 10**9
        self.numbers += 1
        sent = Sent(self.numbers)
        self.outgoing[sent.number] = Outgoing(context, call, deadline)
        self._call(sent, canister.id, call.callee, call.method, call.arg, call.cycles, deadline, version)

    def _clean_up(self, canister: Canister, caller: bytes, target: tuple[int, int], heard: Reject | None) -> None:
        """Let a canister tidy up after a callback that trapped; if that traps too, it has not."""
        try:
            message = Message(CLEANUP, caller, reject=heard, answered=True)
            canister.execute(message, target, canister.around.limits.update, keep=True)
        except Trap:
            return

    def _answer(self, context: Context, answer: Answer) -> None:
        context.answered = True
        available, context.available = context.available, 0
        self.answer(context.origin, answer, available)

    def _close(self, number: int, otherwise: Reject) -> None:
        """End a context in which nothing more can happen, with an answer if it has had none."""
        context = self.contexts.get(number)
        if context is None or context.outstanding:
            return
        if not context.answered:
            self._answer(context, otherwise)
        del self.contexts[number]

    def _settle(self) -> None:
        """Stop the canisters that are to be stopped and have no open call any more."""
        for stop in list(self.stops):
            canister = self.canisters.get(stop.canister)
            if canister is not None and canister.run_status == STOPPING and self.is_busy(canister.id):
                continue
            if canister is not None and canister.run_status == STOPPING:
                canister.run_status = STOPPED
                canister.version += 1  # once more than when it began (spec, "Stopping a canister")
            if stop in self.stops:
                self.stops.remove(stop)
                self.answer(stop.origin, EMPTY_REPLY, stop.refund)

    def is_busy(self, canister: bytes) -> bool:
        """Tell whether a canister has calls that are open."""
        return any(context.canister == canister for context in self.contexts.values())


def _check_sum(canister: Canister, cycles: int) -> None:
    """Raise Reject if fewer cycles came than a canister wants (spec, "Calls with insufficient cycles are rejected").

    The spec leaves the words and the error code to the implementation; these are ours.
    """
    least = canister.settings.minimum_incoming_canister_call_cycles
    if cycles < least:
        msg = f"Canister {Principal(canister.id)} takes calls with at least {least} cycles, {cycles} came"
        raise Reject(CANISTER_ERROR, "IC0504", msg)


def _replicated(canister: Canister, method: str) -> str:
    """Return the kind of a method that is called. Raises Reject: there is none (IC0536); it is composite (IC0527)."""
    if canister.module().methods.get(method) == "composite_query":
        raise Reject(CANISTER_ERROR, "IC0527", "Composite query cannot be called in replicated mode")
    return canister.method(method, REPLICATED)
