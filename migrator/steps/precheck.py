"""Look again at what the plan was made for, before anything is changed."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from migrator.failures import NotProven, Refused, StalePlan
from migrator.network.errors import NetworkError
from migrator.plan.budget import MAX_SNAPSHOTS
from migrator.plan.words import cycles
from migrator.stale import differences
from migrator.steps import Plain

if TYPE_CHECKING:
    from migrator.context import Context
    from migrator.network.management import CanisterStatus
    from migrator.plan.model import Target


class Precheck(Plain):
    """Certified: module, controllers, settings; cycles, snapshots; replies that are to be the same afterwards."""

    def describe(self, target: Target) -> list[str]:
        """Return what it will do."""
        return ["look again at module, controllers, settings and cycles", f"icp canister status {target.canister}"]

    def run(self, at: Context) -> None:
        """Look. Raises StalePlan, Refused, NotProven."""
        target = at.target
        refused = [one for one in target.prechecks if one.outcome == "refuse"]
        if refused:
            msg = f"{target.name}: {'; '.join(f'{one.title}: {one.words}' for one in refused)}"
            raise Refused(msg, hint="put that right, and make the plan again")
        if target.rehearse == "yes" and target.proof.rehearsed is None and target.proof.skipped is None:
            msg = f"the plan asks for a rehearsal of {target.name}, and there was none"
            raise NotProven(msg, hint="`ctxcheck rehearse`, then make the plan again")
        self._keepers(at)
        certified = at.certified()
        if at.operations.sender not in certified.controllers:
            msg = f"who runs this is no controller of {target.name}"
            raise Refused(
                msg, hint="the identity does not control the canister: another --identity, or ask a controller"
            )
        status = at.status()
        found = differences(at.saved, target, certified, status)
        if found:
            raise StalePlan(target.name, found)
        if status.status == "stopping":
            msg = f"{target.name} is being stopped by somebody"
            raise Refused(msg, hint="wait, or start it to give up: icp canister start")
        self._budget(at, status)
        at.fact(
            was_running=status.status == "running",
            version_checked=status.version,
            stable_before=status.stable_memory_size,
            snapshots_before=sorted(one.id.hex() for one in at.operations.snapshots(at.canister)),
        )
        if status.status == "running":
            self._replies(at)

    @staticmethod
    def _keepers(at: Context) -> None:
        backup, keepers = at.target.backup, at.keepers
        missing = [
            name
            for name, is_asked, keeper in (
                ("files", backup.files == "yes", keepers.files),
                ("data", backup.data == "yes", keepers.data),
                ("the snapshot", backup.snapshot != "no", keepers.snapshot),
            )
            if is_asked and keeper is None
        ]
        if at.target.state_compare == "yes" and keepers.compare is None:
            missing.append("a comparison of values")
        if missing:
            msg = f"the plan asks for copies that nothing here makes: {', '.join(missing)}"
            raise Refused(msg, hint="plan without them, or give the orchestrator what makes them")

    @staticmethod
    def _budget(at: Context, status: CanisterStatus) -> None:
        needed = int(at.target.budget.needed)
        if status.cycles < needed:
            short = cycles(str(needed - status.cycles))
            msg = f"{at.target.name} has too few cycles to be upgraded with a snapshot beside it: {short} are missing"
            raise Refused(msg, hint=f"top up the canister with cycles: icp canister top-up {at.target.canister}")
        taken = 2 if at.target.state_compare == "yes" else 1
        there = len(at.operations.snapshots(at.canister))
        if there + taken > MAX_SNAPSHOTS:
            msg = f"{at.target.name} has {there} snapshots, {taken} are to be taken, and {MAX_SNAPSHOTS} are possible"
            raise Refused(msg, hint="delete one: icp canister snapshot list, icp canister snapshot delete")

    @staticmethod
    def _replies(at: Context) -> None:
        """Write down the replies that are to be the same afterwards."""
        found = {}
        for check in at.target.checks:
            if check.expects not in ("same", "kept"):
                continue
            try:
                ask = at.operations.query if check.kind == "query" else at.operations.update
                reply = ask(at.canister, check.method, at.blob(check.argument))
            except NetworkError as error:
                msg = f"the check {check.name} fails before anything is changed: {error.what}"
                raise Refused(msg, hint="make the plan with checks that the old version answers") from None
            found[check.name] = sha256(reply).hexdigest()
            if check.expects == "kept":
                at.replies.keep(check.name, reply)
        at.fact(replies=found)


STEP = Precheck()
