"""Stop the canister: from here on nobody writes, and no call is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.failures import OperatorNeeded, StepFailed
from migrator.operations import Action
from migrator.steps import Plain

if TYPE_CHECKING:
    from migrator.context import Context
    from migrator.plan.model import Target


class Stop(Plain):
    """Stopped, with the version that it has then; undone by starting it, if it ran before."""

    def describe(self, target: Target) -> list[str]:
        """Return what it will do."""
        return ["stop it: calls are rejected from now on", f"icp canister stop {target.canister}"]

    def holds(self, at: Context, action: str) -> None:
        """Ask for the old module, before it is stopped."""
        if action == "stop" and at.module() != at.old_hash:
            msg = f"somebody changed the module of {at.target.name} since the plan was checked"
            raise StepFailed(msg, hint="look at what runs, and make the plan again")

    def made(self, at: Context, action: str) -> bool | None:
        """Tell by its status."""
        return at.status().status == ("stopped" if action == "stop" else "running")

    def run(self, at: Context) -> None:
        """Stop it."""
        status = at.status()
        if status.status != "stopped":
            if "version_running" not in at.facts:
                at.fact(version_running=status.version)
            at.change(
                "stop", Action("stop"), guard=lambda: self.holds(at, "stop"), observed=lambda: self.made(at, "stop")
            )
        status = at.status()
        at.fact(version_stopped=status.version, stable_before=status.stable_memory_size)

    def verify(self, at: Context) -> None:
        """Prove that it stands still."""
        status = at.status()
        if status.status != "stopped":
            msg = f"{at.target.name} is {status.status}, not stopped"
            raise StepFailed(msg, hint="a call of it is still open; wait and try again")

    def undo(self, at: Context) -> None:
        """Start it, if it ran before."""
        if not at.facts.get("was_running") or at.status().status == "running":
            return
        at.change("stop", Action("start"), observed=lambda: self.made(at, "start"))
        if at.status().status != "running":
            msg = f"{at.target.name} does not start"
            raise OperatorNeeded(msg, hint=f"icp canister start {at.target.canister}")


STEP = Stop()
