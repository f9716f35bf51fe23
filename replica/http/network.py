"""What the HTTP interface needs of a network, and no more. All of it is called from several threads at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from analyzer.candid.principal import Principal

if TYPE_CHECKING:
    from replica.errors import Reject

MANAGEMENT = Principal(b"")  # aaaaa-aa

State: TypeAlias = Literal["received", "processing", "replied", "rejected", "done"]
SETTLED = frozenset({"replied", "rejected", "done"})


@dataclass(frozen=True, slots=True)
class Message:
    """A proven call. effective: the id in the URL, of a canister, or of the subnet where one is to be created.

    request_id: 32 bytes. expiry: ns since 1970; the call must not start later.
    """

    sender: Principal
    canister: Principal
    effective: Principal
    method: str
    arg: bytes
    request_id: bytes
    expiry: int


@dataclass(frozen=True, slots=True)
class RequestStatus:
    """How far a call is. sender, canister, effective: of the call. reply: if replied. reject: if rejected."""

    state: State
    sender: Principal
    canister: Principal
    effective: Principal
    reply: bytes | None = None
    reject: Reject | None = None


@dataclass(frozen=True, slots=True)
class CanisterState:
    """What is certified of a canister. module_hash: None while it is empty. Times: ns since 1970, None if not kept."""

    controllers: tuple[Principal, ...]
    module_hash: bytes | None = None
    created: int | None = None
    installed: int | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A custom section `icp:public NAME` or `icp:private NAME` of a module."""

    content: bytes
    private: bool


class Network(Protocol):
    """The Internet Computer behind the interface."""

    def submit(self, message: Message) -> None:
        """Take a call in, or raise Reject if it is refused before it is one (inspect_message, no such canister).

        When it returns, `request_status` knows the call. It may return before or after the call has run. A request id
        that it knows already is ignored. That the effective id is the one in the argument of a management call is for
        it to check, for it reads Candid; ids of other calls are checked before.
        """

    def request_status(self, request_id: bytes) -> RequestStatus | None:
        """Return how far a call is, or None if it is not known, or forgotten: at its expiry or later."""

    def query(self, sender: Principal, canister: Principal, method: str, arg: bytes) -> bytes:
        """Run a query and return its reply. Raises Reject."""

    def canister(self, canister: Principal) -> CanisterState | None:
        """Return what is certified of a canister, None if there is none."""

    def metadata(self, canister: Principal, name: str) -> Section | None:
        """Return a custom section of a canister's module, None if canister, module or section are not there."""

    def metrics(self) -> bytes | None:
        """Return the CBOR that is certified at `/subnet/<id>/metrics`, None for nothing. Spec, "Subnet information"."""

    def time(self) -> int:
        """Return the time to certify and to sign, ns since 1970. Clients refuse what is minutes off their own clock."""

    def height(self) -> int:
        """Return a number that grows with each change of state: `certified_height` of the status."""
