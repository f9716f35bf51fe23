"""Who sent a request: expiry, the chain of keys, and the signature. Interface spec, "Authentication"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.candid.principal import Principal
from replica.certificates.keys import self_authenticating
from replica.certificates.tree import separator
from replica.requests.envelope import ReadState
from replica.requests.signatures import Forged, verify

if TYPE_CHECKING:
    from replica.requests.envelope import Envelope, Kind

ANONYMOUS = Principal(b"\x04")
MINUTE = 60 * 10**9  # ns
# A request may live five minutes; half a minute is granted to clocks that differ (seen in dfinity/ic, rs/validator).
MAX_AHEAD = 5 * MINUTE + MINUTE // 2

_OF_REQUEST = separator("ic-request")
_OF_DELEGATION = separator("ic-request-auth-delegation")


class Refused(ValueError):
    """The request is not its sender's, or too old, or not for this: HTTP 400 with this text."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which canisters a proven sender may act on with this request. canisters: None for all."""

    canisters: frozenset[Principal] | None = None

    def includes(self, canister: Principal) -> bool:
        """Tell whether the chain of delegations covers the canister."""
        return self.canisters is None or canister in self.canisters


def authenticate(envelope: Envelope, kind: Kind, *, now: int) -> Scope:
    """Prove that the sender sent the request. now: wall clock, ns since 1970. Raises Refused with the reason."""
    content = envelope.content
    anonymous = content.sender == ANONYMOUS
    # Without a signature an expiry protects nobody; the spec lets such questions have any.
    if not (anonymous and kind != "call"):
        _check_expiry(content.expiry, now)
    try:
        return _nobody(envelope) if anonymous else _somebody(envelope, kind, now)
    except Forged as error:
        msg = f"Failed to authenticate request 0x{content.id.hex()} due to: {error}"
        raise Refused(msg) from error


def _check_expiry(expiry: int, now: int) -> None:
    if not now <= expiry <= now + MAX_AHEAD:
        # agent-js looks for these words, and then sets its clock by ours (seen in its source).
        msg = (
            "Invalid request expiry: Specified ingress_expiry not within expected range: "
            f"Minimum allowed expiry: {now}, Maximum allowed expiry: {now + MAX_AHEAD}, Provided expiry: {expiry}"
        )
        raise Refused(msg)


def _nobody(envelope: Envelope) -> Scope:
    if envelope.key is not None or envelope.signature is not None or envelope.delegations:
        msg = "the anonymous sender has no key, no signature and no delegation"
        raise Forged(msg)
    return Scope()


def _somebody(envelope: Envelope, kind: Kind, now: int) -> Scope:
    if envelope.key is None or envelope.signature is None:
        msg = "sender_pubkey and sender_sig are missing, and the sender is not anonymous"
        raise Forged(msg)
    if envelope.content.sender != self_authenticating(envelope.key):
        msg = f"sender {envelope.content.sender} is not the principal of sender_pubkey"
        raise Forged(msg)
    key, seen, canisters = envelope.key, {envelope.key}, None
    for delegation in envelope.delegations:
        if delegation.key in seen:
            msg = "a key appears twice in the chain of delegations"
            raise Forged(msg)
        if delegation.expiration < now:
            msg = f"Specified sender delegation has expired: expiry {delegation.expiration}, now {now}"
            raise Forged(msg)
        if delegation.queries_only and kind == "call":
            msg = "a delegation permits queries only"
            raise Forged(msg)
        verify(key, delegation.signature, _OF_DELEGATION + delegation.digest)
        if delegation.targets is not None:  # each link may only narrow what the one before it allowed
            canisters = delegation.targets if canisters is None else canisters & delegation.targets
        key = delegation.key
        seen.add(key)
    verify(key, envelope.signature, _OF_REQUEST + envelope.content.id)
    scope = Scope(canisters)
    if not isinstance(envelope.content, ReadState) and not scope.includes(envelope.content.canister):
        msg = f"canister {envelope.content.canister} is not one of the targets of the delegations"
        raise Forged(msg)
    return scope
