"""Check the running canister by calls."""

from __future__ import annotations

import time
from hashlib import sha256
from typing import TYPE_CHECKING

from migrator.failures import StepFailed
from migrator.kept import kept
from migrator.network.canister import CANDID
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
            if check.expects == "kept" and digest != at.facts["replies"].get(check.name):
                self._kept(at, check, reply)
            passed.append(check.name)
        at.fact(checks=passed)
        at.replies.drop()

    @staticmethod
    def _kept(at: Context, check: Check, reply: bytes) -> None:
        """Look whether what was listed before still is. Raises StepFailed.

        Users may have written before the stop and since the start. Where the versions prove that nobody has, each entry
        has to be there as it was; else there must not be fewer.
        """
        before = at.replies.find(check.name, at.facts["replies"].get(check.name, ""))
        section = at.target.old.sections.get(CANDID)
        if before is None or section is None:
            msg = f"what {check.name} listed before is not here any more, and cannot be compared with"
            raise StepFailed(msg, hint=_hint(at, check))
        try:
            found = kept(at.blob(section.content).decode(), check.method, before, reply)
        except ValueError as error:
            msg = f"old clients cannot read the reply of {check.name}: {error}"
            raise StepFailed(msg, hint=_hint(at, check)) from None
        nobody = _nobody_wrote(at)
        if found.is_shorter or (nobody and found.missing):
            msg = (
                f"{found.missing:,} of the {found.before:,} entries that {check.name} had are not there as they were; "
                f"it lists {found.after:,}"
            )
            raise StepFailed(msg, hint=_hint(at, check))
        if found.missing:
            at.told(f"{check.name}: {found.missing:,} of {found.before:,} entries differ; somebody wrote meanwhile")

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


def _nobody_wrote(at: Context) -> bool:
    """Tell whether it is proven that nothing ran between the replies before and those now, but our own steps."""
    facts = at.facts
    checked, running, stopped = (facts.get(f"version_{word}") for word in ("checked", "running", "stopped"))
    started, now = facts.get("version_started"), at.status().version
    if checked is None or running is None or stopped is None or started is None or now is None:
        return False
    return bool(checked == running and stopped - running <= at.counted_by_stop and now == started)


def _hint(at: Context, check: Check) -> str:
    return f"icp canister call {at.target.canister} {check.method}; `ctxcheck verify` does all of them"


STEP = VerifyRunning()
