"""Queries: run, and answered with the signature of the node. Interface spec, "Request: Query call"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replica.certificates.tree import separator
from replica.errors import Reject
from replica.http.calls import as_invocation
from replica.requests.authenticate import authenticate
from replica.requests.hashing import hash_of_map

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.candid.principal import Principal
    from replica.certificates.authority import Authority
    from replica.http.network import Network
    from replica.requests.cbor import Item
    from replica.requests.envelope import Envelope

_OF_RESPONSE = separator("ic-response")


class Queries:
    """Answers queries. clock: wall clock, ns since 1970."""

    def __init__(self, network: Network, authority: Authority, clock: Callable[[], int]) -> None:
        self._network = network
        self._node = authority.node
        self._clock = clock

    def answer(self, envelope: Envelope, effective: Principal) -> dict[str, Item]:
        """Return the signed reply or reject of a query. Raises Refused and HttpError."""
        authenticate(envelope, "query", now=self._clock())
        content = as_invocation(envelope, effective)
        said: dict[str, Item]
        try:
            reply = self._network.query(content.sender, content.canister, content.method, content.arg)
        except Reject as reject:
            # The signature covers error_code, so it is always there: clients hash what they see.
            said = {"status": "rejected", **rejection(reject)}
        else:
            said = {"status": "replied", "reply": {"arg": reply}}
        timestamp = self._network.time()
        signed = _OF_RESPONSE + hash_of_map({**said, "timestamp": timestamp, "request_id": content.id})
        signature: dict[str, Item] = {
            "timestamp": timestamp,
            "signature": self._node.sign(signed),
            "identity": self._node.principal.raw,
        }
        return {**said, "signatures": [signature]}


def rejection(reject: Reject) -> dict[str, Item]:
    """Return the fields that tell a reject."""
    return {"reject_code": reject.code, "reject_message": reject.message, "error_code": reject.error_code}
