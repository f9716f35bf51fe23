"""Check the running canister by calls."""

from __future__ import annotations

import time
from hashlib import sha256
from typing import TYPE_CHECKING

from migrator.failures import StepFailed
from migrator.network.errors import NetworkError, Rejected
from migrator.steps import Plain

if TYPE_CHECKING:
    from migrator.context import Context
    from migrator.plan.model import Check, Target

_STOPPED = ("IC0508", "IC0509")
_TRIES = 10  # a node that answers queries may not have seen the start yet


class VerifyRunning(Plain):
    """The plan's checks."""

    def describe(self, target: Target) -> list[str]:
        """Return what it will do."""
        calls = [f"icp canister call {target.canister} {check.method} ..." for check in target.checks]
        return ["call what shows that it works", *calls]

    def run(self, at: Context) -> None:
        """Call. Raises StepFailed."""
        if not at.facts["was_running"]:
            return
        passed = []
        for check in at.target.checks:
            reply = self._reply(at, check)
            digest = sha256(reply).hexdigest()
            if check.expects == "value" and digest != check.value:
                msg = f"the check {check.name} has another reply than the plan expects"
                raise StepFailed(msg, hint=_hint(at, check))
            if check.expects == "same" and digest != at.facts["replies"].get(check.name):
                msg = f"the check {check.name} has another reply than before the upgrade"
                raise StepFailed(msg, hint=_hint(at, check))
            passed.append(check.name)
        at.fact(checks=passed)

    @staticmethod
    def _reply(at: Context, check: Check) -> bytes:
        ask = at.operations.query if check.kind == "query" else at.operations.update
        for attempt in range(_TRIES):
            try:
                return ask(at.canister, check.method, at.blob(check.argument))
            except NetworkError as error:
                early = isinstance(error, Rejected) and error.error_code in _STOPPED and attempt < _TRIES - 1
                if not early:
                    msg = f"the check {check.name} fails: {error.what}"
                    raise StepFailed(msg, hint=_hint(at, check)) from None
            time.sleep(0.5)
        raise AssertionError  # the last attempt returned or raised


def _hint(at: Context, check: Check) -> str:
    return f"icp canister call {at.target.canister} {check.method}; `ctxcheck verify` does all of them"


STEP = VerifyRunning()
