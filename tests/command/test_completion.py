"""Completion as the shells ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.command.process import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script(shell: str, tmp_path: Path) -> None:
    done = run(tmp_path, "completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"_CTXCHECK_COMPLETE={shell}_complete" in done.stdout


@pytest.mark.parametrize(
    ("words", "number", "offered"),
    [
        pytest.param("ctxcheck ex", "1", {"explain"}, id="a command"),
        pytest.param("ctxcheck diff --pol", "2", {"--policy"}, id="an option"),
        pytest.param("ctxcheck diff --policy ", "3", {"state", "wire", "guide"}, id="its values"),
    ],
)
def test_what_is_offered(words: str, number: str, offered: set[str], tmp_path: Path) -> None:
    done = run(tmp_path, _CTXCHECK_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=number)
    assert {line.partition(",")[2] for line in done.stdout.splitlines()} == offered


def test_another_shell(tmp_path: Path) -> None:
    assert run(tmp_path, "completion", "tcsh").returncode == 2
