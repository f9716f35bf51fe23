"""What a run asks of a network about a canister: the one door to the outside that the orchestrator has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from migrator.network.canister import CertifiedCanister
    from migrator.network.errors import Rejected
    from migrator.network.management import CanisterStatus, SnapshotInfo

ActionName: TypeAlias = Literal["stop", "start", "install", "take_snapshot", "load_snapshot", "delete_snapshot"]
Word: TypeAlias = Literal["replied", "rejected", "never", "open", "unknown", "forgotten"]


class Action(NamedTuple):
    """A change of a canister. snapshot: id. module, argument, keep: of an upgrade, see `NewSide`."""

    name: ActionName
    snapshot: bytes = b""
    module: bytes = b""
    argument: bytes = b""
    keep: bool = False


class Prepared(NamedTuple):
    """A change that is signed and not sent. request: its id, hex. expiry: ns since epoch. plain: the rest, JSON."""

    request: str
    expiry: int
    plain: dict[str, Any]


class Fate(NamedTuple):
    """What is certified of a change that was prepared.

    word: `never`: it did not run and never will; `open`: it was taken in and is not over; `unknown`: it was not seen,
    and may still come; `forgotten`: nobody can tell any more.
    """

    word: Word
    reply: Any = None
    reject: Rejected | None = None


class CanisterOperations(Protocol):
    """A network, asked as somebody. Everything but `query` is certified. All raise NetworkError, Rejected.

    root_key: 96 bytes. is_local: on this machine. sender: principal.
    """

    @property
    def root_key(self) -> bytes:
        """The key that certificates are checked with."""

    @property
    def is_local(self) -> bool:
        """Whether the network is on this machine."""

    @property
    def sender(self) -> bytes:
        """Who asks."""

    def read_certified(self, canister: bytes) -> CertifiedCanister:
        """Return what is certified of a canister."""

    def status(self, canister: bytes) -> CanisterStatus:
        """Return the status of a canister."""

    def snapshots(self, canister: bytes) -> list[SnapshotInfo]:
        """Return its snapshots."""

    def snapshot_metadata(self, canister: bytes, snapshot: bytes) -> dict[str, Any]:
        """Return what a snapshot says of itself, as a value of Candid."""

    def snapshot_module(self, canister: bytes, snapshot: bytes) -> bytes:
        """Return the module of a snapshot."""

    def prepare(self, canister: bytes, action: Action) -> Prepared:
        """Sign a change. The chunks of a module that is too large for one call are uploaded for it."""

    def send(self, prepared: Prepared, *, wait: float) -> Any:  # noqa: ANN401 - by the change
        """Make a change and return what it gives: of `take_snapshot` a SnapshotInfo. wait: seconds, at most."""

    def fate(self, prepared: Prepared) -> Fate:
        """Return what became of a change that was prepared, and sent or not."""

    def query(self, canister: bytes, method: str, argument: bytes) -> bytes:
        """Return the reply of a query, one node's word."""

    def update(self, canister: bytes, method: str, argument: bytes) -> bytes:
        """Return the reply of an update call."""
