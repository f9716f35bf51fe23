"""Hooks around steps: methods of a subclass, and commands of the project that get JSON on their standard input."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from analyzer.errors import UsageError
from migrator.failures import HookFailed
from migrator.steps import all_steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from migrator.context import Context

SCHEMA = "ctxcheck.hook/1"
FAILURE = "on_failure"
SECONDS = 10 * 60


def names() -> set[str]:
    """Return the names that hooks may have."""
    return {f"{when}_{step}" for when in ("before", "after") for step in all_steps()} | {FAILURE}


def check_names(given: Iterable[str], where: str) -> None:
    """Raise UsageError where something is named as a hook and is none: it would never be called."""
    for name in given:
        if name.startswith(("before_", "after_")) and name not in names():
            from difflib import get_close_matches  # noqa: PLC0415 - only errors need it

            near = get_close_matches(name, names(), 1)
            msg = f"there is no hook `{name}`"
            raise UsageError(msg, where=where, hint=f"did you mean `{near[0]}`?" if near else None)


class CommandHooks:
    """Commands by the names of hooks. Raises UsageError: a name is none."""

    def __init__(self, commands: Mapping[str, Sequence[str]]) -> None:
        check_names((name if name == FAILURE else f"{name}" for name in commands), "hooks")
        unknown = set(commands) - names()
        if unknown:
            msg = f"there is no hook `{min(unknown)}`"
            raise UsageError(msg, where="hooks", hint=f"known: {', '.join(sorted(names()))}")
        self._commands = commands

    def call(self, name: str, at: Context, step: str, error: str | None = None) -> None:
        """Run the command of a hook, if there is one; its words go to the terminal. Raises HookFailed."""
        command = self._commands.get(name)
        if command is None:
            return
        where = f"hook {name}"
        try:
            done = subprocess.run(
                list(command),
                input=json.dumps(told(name, at, step, error)).encode(),
                stdout=2,  # standard output is for what we find
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            msg = f"it does not end within {SECONDS} seconds"
            raise HookFailed(msg, where=where) from None
        except OSError as problem:
            msg = f"it cannot be run: {problem.strerror}"
            raise HookFailed(msg, where=where) from None
        if done.returncode:
            msg = f"it ended with status {done.returncode}"
            raise HookFailed(msg, where=where, hint="its own words are above")


def told(name: str, at: Context, step: str, error: str | None) -> dict[str, Any]:
    """Return what a command gets to know: `ctxcheck.hook/1`."""
    plan, target = at.saved.plan, at.target
    return {
        "schema": SCHEMA,
        "hook": name,
        "step": step,
        "run": at.state.run,
        "plan": at.saved.digest,
        "network": {"name": plan.network.name, "url": plan.network.url},
        "target": {"name": target.name, "canister": target.canister},
        "old": target.old.module_hash,
        "new": target.new.module,
        "facts": at.facts,
        "error": error,
    }
