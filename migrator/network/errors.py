"""What can go wrong between us and a canister, and whether something may have happened all the same."""

from __future__ import annotations

from typing import Literal, TypeAlias

from analyzer.errors import CtxError

# Whether the call in question ran: it did not, nobody knows, or it ran as far as the network says.
Ran: TypeAlias = Literal["no", "unknown", "yes"]


class NetworkError(CtxError):
    """The network cannot be asked, or gives no answer. ran: whether the call may have run."""

    exit_code = 5

    def __init__(self, what: str, *, ran: Ran = "no", where: str | None = None, hint: str | None = None) -> None:
        super().__init__(what, where=where, hint=hint)
        self.ran = ran


class CertificateError(NetworkError):
    """An answer of the network that is not proven: nothing in it is believed.

    step: what failed, of `form`, `signature`, `delegation`, `ranges`, `time`.
    """

    def __init__(self, what: str, *, step: str, where: str | None = None) -> None:
        hint = "the gateway or a replica behind it may lie, or the network has another root key: --root-key"
        if step == "time":
            hint = "is this machine's clock right? else the gateway hands out old answers"
        super().__init__(what, ran="unknown", where=where, hint=hint)
        self.step = step


class Refused(NetworkError):
    """Whoever was asked does not take the call, and asking again changes nothing. It is its word alone: `unknown`."""


class Rejected(NetworkError):
    """The network or a canister says no. code: 1 to 6. error_code: such as IC0503, "" where it is not told.

    certified: all of the subnet says so; else one replica does, or who stands before it: that the call was not taken in
    is its word alone, and `ran` is `unknown` until it is proven.
    """

    def __init__(self, code: int, error_code: str, message: str, *, certified: bool) -> None:
        words = f"{error_code}: {message}" if error_code else f"reject code {code}: {message}"
        super().__init__(words, ran="yes" if certified else "unknown", hint=HINTS.get(error_code))
        self.code = code
        self.error_code = error_code
        self.message = message
        self.certified = certified


# What to do about the rejects that operators meet (network.md 1.5).
HINTS = {
    "IC0101": "the subnet is full: the upgrade needs room that it does not have now",
    "IC0206": "a call of the canister is still open; wait and stop it again, or start it to give up",
    "IC0207": "top up the canister with cycles",
    "IC0209": "too much was installed just now: wait some minutes",
    "IC0210": "too much was snapshotted just now: wait some seconds",
    "IC0301": "is this the right network, and the right id?",
    "IC0305": "`ctxcheck list` shows the snapshots that there are",
    "IC0508": "the canister is stopped: `icp canister start`",
    "IC0509": "the canister is stopping: wait, or start it to give up",
    "IC0510": "stop the canister first",
    "IC0511": "somebody started the canister while it was being stopped",
    "IC0512": "the identity does not control the canister: another --identity, or ask a controller",
    "IC0514": "the canister has code already: upgrade it",
    "IC0522": "the upgrade takes more instructions than there may be: migrate in steps, or keep less in stable memory",
    "IC0536": "the canister has no such method in the version that runs",
    "IC0537": "the canister is empty: install code first",
    "IC0539": "raise the setting wasm_memory_limit",
}
