"""Calls to the management canister, by their methods."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from replica.errors import DESTINATION_INVALID, Reject
from replica.management.asked import Given

if TYPE_CHECKING:
    from replica.engine import Engine
    from replica.management.asked import Asked


class Management:
    """The management canister of a network."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def call(self, asked: Asked) -> Given | None:
        """Return the answer; None: it is given to the origin later. Raises Reject."""
        if asked.method == "raw_rand" and not asked.outside:
            return Given(b"DIDL\x01\x6d\x7b\x01\x00\x20" + os.urandom(32), asked.cycles)
        msg = f"Management canister has no method '{asked.method}'"
        raise Reject(DESTINATION_INVALID, "IC0536", msg)

    def query(self, _caller: bytes, method: str, _arg: bytes) -> bytes:
        """Return the reply of a query. Raises Reject."""
        msg = f"Management canister has no query method '{method}'"
        raise Reject(DESTINATION_INVALID, "IC0536", msg)

    def effective(self, _method: str, _arg: bytes) -> bytes | None:
        """Return the canister that the URL of a call from outside must name; None: any. Raises Reject."""
        return None
