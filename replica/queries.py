"""Queries: run on what is committed, and nothing of them is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replica.errors import CANISTER_ERROR, CANISTER_REJECT, Reject
from replica.execution.message import COMPOSITE, QUERY, Message
from replica.execution.trap import Trap

if TYPE_CHECKING:
    from replica.engine import Engine


def query(engine: Engine, caller: bytes, name: bytes, method: str, arg: bytes) -> bytes:
    """Run a query of a canister and return its reply. Raises Reject."""
    canister = engine.canisters[name]
    canister.ready()
    kind = canister.method(method, ("query", "composite_query"))
    message = Message(QUERY if kind == "query" else COMPOSITE, caller, arg, method)
    try:
        canister.execute(message, f"canister_{kind} {method}", engine.limits.query, keep=False)
    except Trap as error:
        raise error.rejected(canister.id) from None
    if message.calls:
        msg = "Composite queries that call other canisters are not run here"
        raise Reject(CANISTER_ERROR, "IC0504", msg)
    if message.replied is not None:
        return message.replied
    if message.rejected is not None:
        raise Reject(CANISTER_REJECT, "IC0406", message.rejected)
    msg = "Canister did not reply to the call"
    raise Reject(CANISTER_ERROR, "IC0506", msg)
