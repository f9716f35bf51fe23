"""What can go wrong between us and a canister."""

from __future__ import annotations

from analyzer.errors import CtxError


class CertificateError(CtxError):
    """An answer of the network that is not proven: nothing in it is believed.

    step: what failed, of `form`, `signature`, `delegation`, `ranges`, `time`.
    """

    exit_code = 5

    def __init__(self, what: str, *, step: str, where: str | None = None) -> None:
        hint = "the gateway or a replica behind it may lie, or the network has another root key: --root-key"
        if step == "time":
            hint = "is this machine's clock right? else the gateway hands out old answers"
        super().__init__(what, where=where, hint=hint)
        self.step = step
