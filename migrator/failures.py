"""What can go wrong with a run, each with what to do. `docs/migrating.md` tells of them in the same words."""

from __future__ import annotations

from analyzer.errors import CtxError


class StalePlan(CtxError):
    """What runs is not what the plan was made for. differences: what differs."""

    exit_code = 4

    def __init__(self, target: str, differences: list[str]) -> None:
        msg = f"the plan is stale: of {target} differ {'; '.join(differences)}"
        super().__init__(msg, hint="look at what was changed, and by whom; then make the plan again: `ctxcheck plan`")
        self.differences = differences


class Refused(CtxError):
    """Nothing was changed, or it was put back: the old version runs."""

    exit_code = 5


class NotProven(CtxError):
    """The plan asks for more proof than there is."""

    exit_code = 1


class StepFailed(CtxError):
    """A step did not do what it was for; what it did is undone."""

    exit_code = 5


class OperatorNeeded(CtxError):
    """A person has to look: going on, or back, might lose something."""

    exit_code = 6


class Uncertain(OperatorNeeded):
    """Nobody can tell yet whether a change was made. Nothing more is sent until somebody can."""


class HookFailed(StepFailed):
    """A hook said no, or failed."""
