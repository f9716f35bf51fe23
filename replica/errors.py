"""How the network says no: reject codes and error codes."""

from __future__ import annotations

SYS_FATAL, SYS_TRANSIENT, DESTINATION_INVALID, CANISTER_REJECT, CANISTER_ERROR, SYS_UNKNOWN = range(1, 7)


class Reject(Exception):
    """A request that the network or a canister refuses.

    code: 1 to 6 (interface spec 0.66, "Reject codes"). error_code: the implementation's, e.g. `IC0503`. message: in
    words.
    """

    def __init__(self, code: int, error_code: str, message: str) -> None:
        super().__init__(f"{error_code}: {message}")
        self.code = code
        self.error_code = error_code
        self.message = message
