"""Queries: run on what is committed, and nothing of them is kept; composite ones may ask other canisters.

Interface spec 0.66, "Query methods" and "Composite query methods". The limits are those of dfinity/ic (recalled).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from replica.errors import CANISTER_ERROR, CANISTER_REJECT, Reject
from replica.execution.message import (
    COMPOSITE,
    COMPOSITE_CLEANUP,
    COMPOSITE_REJECT,
    COMPOSITE_REPLY,
    QUERY,
    Message,
)
from replica.execution.trap import Trap
from replica.scheduler import MANAGEMENT

if TYPE_CHECKING:
    from replica.canister import Canister
    from replica.engine import Engine
    from replica.execution.message import OutCall

MAX_DEPTH = 6  # calls inside of calls
MAX_CALLS = 500  # of one query, all together


def query(engine: Engine, caller: bytes, name: bytes, method: str, arg: bytes) -> bytes:
    """Run a query of a canister and return its reply. Raises Reject."""
    return _Graph(engine).ask(caller, name, method, arg, 0)


class _Graph:
    """A query and those that it asks. left: instructions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._left = engine.limits.query
        self._calls = 0

    def ask(self, caller: bytes, name: bytes, method: str, arg: bytes, depth: int) -> bytes:
        if depth > MAX_DEPTH:
            msg = f"Query call graph exceeded the maximum depth of {MAX_DEPTH}"
            raise Reject(CANISTER_ERROR, "IC0525", msg)
        self._calls += 1
        if self._calls > MAX_CALLS or self._left <= 0:
            msg = "Query call graph exceeded its limit of calls or instructions"
            raise Reject(CANISTER_ERROR, "IC0526", msg)
        if depth and name == MANAGEMENT:
            return self._engine.management.query_by_canister(caller, method, arg)
        canister = self._engine.canisters[name]
        canister.ready()
        kind = canister.method(method, ("query", "composite_query"))
        if kind == "composite_query":
            return _Composite(self, canister, caller, depth).run(method, arg)
        message = Message(QUERY, caller, arg, method, certified=depth == 0)
        self.execute(canister, message, f"canister_query {method}", keep=False)
        found = _answer(message)
        if found is None:
            raise _silent()
        return found

    def execute(self, canister: Canister, message: Message, target: str | tuple[int, int], *, keep: bool) -> None:
        """Run a message with the instructions that are left. Raises Reject."""
        try:
            canister.execute(message, target, self._left, keep=keep)
        except Trap as error:
            raise error.rejected(canister.id) from None
        finally:
            self._left -= canister.used()


class _Composite:
    """One composite query: its callbacks see what it did, on a copy that is thrown away."""

    def __init__(self, graph: _Graph, canister: Canister, caller: bytes, depth: int) -> None:
        self._graph = graph
        self._copy = canister.scratch()
        self._caller = caller
        self._depth = depth
        self._spent = 0

    def run(self, method: str, arg: bytes) -> bytes:
        message = Message(COMPOSITE, self._caller, arg, method, certified=self._depth == 0)
        try:
            return self._answered(message, f"canister_composite_query {method}")
        finally:
            self._copy.put_down()

    def _answered(self, message: Message, target: str | tuple[int, int]) -> bytes:
        self._execute(message, target)
        calls = deque(message.calls)
        reply = _answer(message)
        failed = _silent()
        while reply is None:
            if not calls:
                raise failed
            call = calls.popleft()
            heard = self._heard(call)
            try:
                self._execute(heard, call.on_reply if heard.reject is None else call.on_reject)
            except Reject as error:
                failed = error
                self._clean_up(call, heard)
                continue
            calls += heard.calls
            reply = _answer(heard)
        return reply

    def _heard(self, call: OutCall) -> Message:
        try:
            found = self._graph.ask(self._copy.id, call.callee, call.method, call.arg, self._depth + 1)
        except Reject as error:
            return Message(COMPOSITE_REJECT, self._caller, reject=error)
        return Message(COMPOSITE_REPLY, self._caller, arg=found)

    def _execute(self, message: Message, target: str | tuple[int, int]) -> None:
        message.spent = self._spent
        try:
            self._graph.execute(self._copy, message, target, keep=True)
        finally:
            self._spent += self._copy.used()

    def _clean_up(self, call: OutCall, heard: Message) -> None:
        if call.on_cleanup is None:
            return
        message = Message(COMPOSITE_CLEANUP, self._caller, reject=heard.reject, answered=True)
        try:
            self._execute(message, call.on_cleanup)
        except Reject:
            return


def _answer(message: Message) -> bytes | None:
    """Return the reply of a message, None if it gave no answer. Raises Reject (IC0406): it rejected."""
    if message.rejected is not None:
        raise Reject(CANISTER_REJECT, "IC0406", message.rejected)
    return message.replied


def _silent() -> Reject:
    return Reject(CANISTER_ERROR, "IC0506", "Canister did not reply to the call")
