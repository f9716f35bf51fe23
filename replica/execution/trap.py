"""The end of a message that goes wrong."""

from __future__ import annotations

from analyzer.candid.principal import Principal
from replica.errors import CANISTER_ERROR, Reject


class Trap(Exception):
    """A canister's message ends here and leaves nothing. error_code: such as IC0503."""

    def __init__(self, message: str, error_code: str) -> None:
        super().__init__(message)
        self.error_code = error_code
        self.message = message

    def rejected(self, canister: bytes) -> Reject:
        """Return what the caller hears of it (dfinity/ic, `HypervisorError::into_user_error`)."""
        return Reject(CANISTER_ERROR, self.error_code, f"Error from Canister {Principal(canister)}: {self.message}")


def contract(message: str) -> Trap:
    """Return the trap of a canister that breaks the rules of the system interface."""
    return Trap(f"Canister violated contract: {message}", "IC0504")
