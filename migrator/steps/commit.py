"""Say that the new version stays: after this nothing is undone by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.failures import StepFailed
from migrator.steps import Plain

if TYPE_CHECKING:
    from migrator.context import Context
    from migrator.plan.model import Target


class Commit(Plain):
    """The new module, certified once more."""

    def describe(self, _target: Target) -> list[str]:
        """Return what it will do."""
        return ["write down that the new version stays"]

    def run(self, at: Context) -> None:
        """Look a last time."""
        if at.module() != at.new_hash:
            msg = f"somebody changed the module of {at.target.name}"
            raise StepFailed(msg, hint="`ctxcheck recover` shows what is there")


STEP = Commit()
