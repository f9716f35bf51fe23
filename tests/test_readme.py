"""What README.md shows was really printed: its sessions are run again, and its Python too."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

from replica import Replica
from tests.heap.canister import write_snapshot
from tests.replica import registry
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

README = (ROOT / "README.md").read_text("utf-8")


def steps() -> Iterator[tuple[str, str]]:
    """Yield each command of the console sessions with what it printed."""
    for session in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        yield from re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE)


def test_the_sessions_print_what_they_show(tmp_path: Path) -> None:
    compared = 0
    programs = {"ctxcheck": [sys.executable, "-m", "ctxcheck"], "git": ["git", "-c", "init.defaultBranch=main"]}
    for command, output in steps():
        name, *arguments = shlex.split(command)
        if name == "cat":
            (tmp_path / arguments[0]).write_text(output, "utf-8")
            continue
        if arguments[0] == "state" and not (tmp_path / "before").exists():
            _snapshots(tmp_path)
        done = subprocess.run(
            [*programs[name], *arguments],
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert done.stdout == output
        compared += 1
    assert compared == 11


def _snapshots(folder: Path) -> None:
    """Write what the sessions look into: the example canister, before and after an upgrade with a migration."""
    with Replica() as ic:
        canister = ic.create()
        ic.install(canister, registry.module(registry.FIRST))
        registry.fill(ic, canister)
        write_snapshot(ic.snapshot(canister), folder / "before")
        ic.upgrade(canister, registry.module("v10_migrated"), persistence="keep")
        write_snapshot(ic.snapshot(canister), folder / "after")


def environment() -> dict[str, str]:
    """Return an environment in which the same commits have the same names, whoever makes them."""
    left_out = ("FORCE_COLOR", "COLUMNS", "CI", "GIT_", "GITHUB_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    for who in ("AUTHOR", "COMMITTER"):
        kept |= {f"GIT_{who}_NAME": "Ann", f"GIT_{who}_EMAIL": "ann@example.org", f"GIT_{who}_DATE": "1767225600 +0000"}
    return {**kept, "PYTHONPATH": str(ROOT)}


def test_the_python_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    texts = {"old_text": "service : { m : () -> (nat) }", "new_text": "service : { m : () -> (text) }"}
    exec(example.partition("compare_stable(old_text")[0], dict(texts))  # noqa: S102 - our own page
    stable = {"old_text": "actor { stable a : Nat };", "new_text": "actor { stable a : Text };"}
    exec("from ctxcheck import compare_stable\nassert compare_stable(old_text, new_text).codes == ['M0170']", stable)  # noqa: S102
