"""What was done to a canister. Interface spec 0.66, "Canister history"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from analyzer.candid.principal import Principal
from analyzer.candid.values import RESERVED, Case, Some

KEPT = 20  # changes that are kept at least, and here at most


class By(NamedTuple):
    """Who does something. is_canister: a canister, not a user; version: of that canister, as it says itself."""

    principal: bytes
    is_canister: bool = False
    version: int | None = None


@dataclass(slots=True)
class Change:
    """time: ns since epoch. version: of the canister, afterwards. by_canister: whether a canister did it.

    The others depend on the kind. variables: the hash of the environment variables, empty: there were none.
    snapshot, taken_of (empty: of itself), taken_at, taken_version: of a snapshot.
    """

    time: int
    version: int
    by: bytes
    by_canister: bool
    kind: str
    controllers: list[bytes] | None = None
    mode: str = ""
    hash: bytes = b""
    snapshot: bytes = b""
    taken_of: bytes = b""
    taken_at: int = 0
    uploaded: bool = False
    by_version: int | None = None
    variables: bytes = b""
    taken_version: int = 0

    def candid(self) -> dict[str, Any]:
        """Return it as a value of Candid."""
        if self.by_canister:
            version = None if self.by_version is None else Some(self.by_version)
            origin = Case("from_canister", {"canister_id": Principal(self.by), "canister_version": version})
        else:
            origin = Case("from_user", {"user_id": Principal(self.by)})
        return {
            "timestamp_nanos": self.time,
            "canister_version": self.version,
            "origin": origin,
            "details": self._details(),
        }

    def _details(self) -> Case:
        controllers: Any = [Principal(one) for one in self.controllers or []]
        match self.kind:
            case "creation":
                variables = Some(self.variables) if self.variables else None
                return Case(self.kind, {"controllers": controllers, "environment_variables_hash": variables})
            case "controllers_change":
                return Case(self.kind, {"controllers": controllers})
            case "code_deployment":
                return Case(self.kind, {"mode": Case(self.mode), "module_hash": self.hash})
            case "load_snapshot":
                source = Case("metadata_upload" if self.uploaded else "taken_from_canister", RESERVED)
                return Case(
                    self.kind,
                    {
                        "from_canister_id": Some(Principal(self.taken_of)) if self.taken_of else None,
                        "snapshot_id": self.snapshot,
                        "canister_version": self.taken_version,
                        "taken_at_timestamp": self.taken_at,
                        "source": source,
                    },
                )
        return Case(self.kind)
