"""Who may ask what of a canister.

Interface spec 0.66, "The IC management canister", method by method; the words are those of dfinity/ic,
rs/execution_environment/src/canister_manager/types.rs (read there).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.candid.principal import Principal
from replica.errors import CANISTER_ERROR, Reject

if TYPE_CHECKING:
    from replica.canister import Canister

_OF_ITSELF = frozenset({"upload_chunk", "clear_chunk_store", "stored_chunks", "canister_status"})
_OF_VIEWERS = {
    "canister_status": "status_visibility",
    "fetch_canister_logs": "log_visibility",
    "list_canister_snapshots": "snapshot_visibility",
    "read_canister_snapshot_metadata": "snapshot_visibility",
    "read_canister_snapshot_data": "snapshot_visibility",
}


def admits(canister: Canister, caller: bytes, method: str) -> bool:
    """Tell whether somebody may call a method about a canister."""
    if caller in canister.settings.controllers or (caller == canister.id and method in _OF_ITSELF):
        return True
    setting = _OF_VIEWERS.get(method)
    return setting is not None and bool(getattr(canister.settings, setting).admits(caller))


def check(canister: Canister, caller: bytes, method: str) -> None:
    """Raise Reject (IC0512) if somebody may not call a method about a canister."""
    if admits(canister, caller, method):
        return
    expected = " ".join(str(Principal(one)) for one in canister.settings.controllers)
    msg = (
        f"Only the controllers of the canister {Principal(canister.id)} can control it.\n"
        f"Canister's controllers: {expected}\nSender's ID: {Principal(caller)}"
    )
    raise Reject(CANISTER_ERROR, "IC0512", msg)
