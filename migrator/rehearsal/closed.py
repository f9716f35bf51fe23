"""The network around a trial: nobody. Calls that would leave are noted and rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replica.errors import CANISTER_REJECT, Reject

if TYPE_CHECKING:
    from typing import NoReturn

    from replica.management.asked import Asked

_MOST = 100  # that are told


class Closed:
    """Rejects each call of a canister to another one (`replica.scheduler.System`). noted: what was called."""

    def __init__(self) -> None:
        self.noted: list[str] = []

    def call(self, asked: Asked) -> NoReturn:
        """Reject a call."""
        if len(self.noted) < _MOST:
            self.noted.append(asked.method[:80])
        msg = "this is a rehearsal: no call leaves it"
        raise Reject(CANISTER_REJECT, "IC0406", msg)

    def query(self, _caller: bytes, method: str, _arg: bytes) -> NoReturn:
        """Reject a query."""
        msg = f"this is a rehearsal: {method} is not asked"
        raise Reject(CANISTER_REJECT, "IC0406", msg)
