"""The steps of a run, one file each: its presence makes the step, its name is the step's id.

A step can be stopped anywhere and run again: it looks first at what is there.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from migrator.context import Context
    from migrator.plan.model import Target


class Step(Protocol):
    """One step."""

    def describe(self, target: Target) -> list[str]:
        """Return what it will do, and the same as commands of icp-cli where there are such."""

    def holds(self, at: Context, action: str) -> None:
        """Look again at what must hold before it makes a change. Raises CtxError."""

    def made(self, at: Context, action: str) -> bool | None:
        """Tell by what is there whether it made a change; None: that does not tell."""

    def run(self, at: Context) -> None:
        """Do it, as far as it is not done. Raises CtxError."""

    def verify(self, at: Context) -> None:
        """Prove by what is there that it is done. Raises StepFailed."""

    def undo(self, at: Context) -> None:
        """Undo it, as far as it was done and is not undone. Raises CtxError."""


class Plain:
    """What most steps have in common: they change nothing on the chain, and undo nothing."""

    def describe(self, _target: Target) -> list[str]:
        """Return nothing to be said."""
        return []

    def holds(self, _at: Context, _action: str) -> None:
        """Ask for nothing."""

    def made(self, _at: Context, _action: str) -> bool | None:
        """Say that nobody can tell."""
        return None

    def verify(self, _at: Context) -> None:
        """Have nothing to prove."""

    def undo(self, _at: Context) -> None:
        """Have nothing to undo."""


@cache
def all_steps() -> dict[str, Step]:
    """Return the steps by their ids."""
    names = sorted(found.name for found in iter_modules(__path__) if not found.name.startswith("_"))
    return {name: import_module(f"{__name__}.{name}").STEP for name in names}
