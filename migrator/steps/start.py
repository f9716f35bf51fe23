"""Start the new version. From here on others write, and going back would lose what they wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.failures import OperatorNeeded, StepFailed
from migrator.operations import Action
from migrator.steps import Plain

if TYPE_CHECKING:
    from migrator.context import Context
    from migrator.plan.model import Target

_ONE = 1  # a start counts the version up by one (spec, "Canister version")


class Start(Plain):
    """Running, with the version right after; undone by stopping it, as long as nobody has written."""

    def describe(self, target: Target) -> list[str]:
        """Return what it will do."""
        return ["start it", f"icp canister start {target.canister}"]

    def holds(self, at: Context, _action: str) -> None:
        """Ask for the new module."""
        if at.module() != at.new_hash:
            msg = f"somebody changed the module of {at.target.name}"
            raise StepFailed(msg, hint="`ctxcheck recover` shows what is there")

    def made(self, at: Context, action: str) -> bool | None:
        """Tell by its status."""
        return at.status().status == ("running" if action == "start" else "stopped")

    def run(self, at: Context) -> None:
        """Start it, if it ran before."""
        if not at.facts["was_running"]:
            return
        if at.status().status != "running":
            at.change(
                "start", Action("start"), guard=lambda: self.holds(at, "start"), observed=lambda: self.made(at, "start")
            )
        if "version_started" not in at.facts:
            at.fact(version_started=at.status().version)

    def verify(self, at: Context) -> None:
        """Prove that it runs."""
        status = at.status().status
        if at.facts["was_running"] and status != "running":
            msg = f"{at.target.name} is {status}, not running"
            raise StepFailed(msg, hint=f"icp canister start {at.target.canister}")

    def undo(self, at: Context) -> None:
        """Stop it again, unless something was written since: then a person decides."""
        if not at.did("start", "start") and at.status().status == "stopped":
            return
        if at.did("start", "stop") and at.status().status == "stopped":
            self._nothing_came_in_between(at)
            return
        self._may_go_back(at)
        at.change("start", Action("stop"), guard=lambda: self.holds(at, "stop"), observed=lambda: self.made(at, "stop"))
        self._nothing_came_in_between(at)

    @staticmethod
    def _may_go_back(at: Context) -> None:
        policy = at.target.rollback.after_start
        if policy == "always" or at.facts.get("forced"):
            return
        version = at.status().version
        started, installed = at.facts.get("version_started"), at.facts.get("version_installed")
        unwritten = version is not None and installed is not None and version == started == installed + _ONE
        if policy == "never" or not unwritten:
            why = "the plan says so" if policy == "never" else "something may have been written since it was started"
            msg = f"{at.target.name} is not rolled back by itself: {why}"
            hint = "`ctxcheck rollback` does it and loses what was written; or repair it with another upgrade"
            raise OperatorNeeded(msg, hint=hint)
        at.fact(version_before_stop=version)

    @staticmethod
    def _nothing_came_in_between(at: Context) -> None:
        """Look whether something was written between the look at the version and the stop."""
        before, now = at.facts.get("version_before_stop"), at.status().version
        if before is None or now is None or at.facts.get("forced") or at.target.rollback.after_start == "always":
            return
        if now > before + at.counted_by_stop:
            msg = (
                f"something was written to {at.target.name} while it was being stopped: it is not rolled back by itself"
            )
            hint = f"icp canister start {at.target.canister}, or `ctxcheck rollback`, which loses what was written"
            raise OperatorNeeded(msg, hint=hint)


STEP = Start()
