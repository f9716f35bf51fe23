"""The git hooks of a project: whether ctxcheck is in them, and how it gets there."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from analyzer.errors import SourceError
from analyzer.sources.git import git_output

PRE_COMMIT_CONFIG = ".pre-commit-config.yaml"
_MARK = "ctxcheck check"
_MISSING = """\
command -v ctxcheck >/dev/null 2>&1 || {
  echo "ctxcheck is not on the PATH: activate the environment that has it" >&2
  exit 3
}
"""
SCRIPTS = {
    "pre-commit": f"""\
#!/bin/sh
# Blocks changes to a canister that lose stored data or break its clients.
{_MISSING}exec ctxcheck check --staged --fetch-compiler
""",
    "pre-push": f"""\
#!/bin/sh
# The same for what is pushed, whoever committed it. Git writes a line for each branch: names and commits of both sides.
{_MISSING}while read -r _ commit _ _; do
  case "$commit" in *[!0]*) ctxcheck check --head "$commit" --fetch-compiler || exit ;; esac
done
""",
}
LOCAL = """\
  - repo: local
    hooks:
      - id: ctxcheck
        name: ctxcheck
        entry: ctxcheck check --staged --fetch-compiler
        language: system
        pass_filenames: false
        always_run: true
        require_serial: true
        stages: [pre-commit, pre-push]
"""


class Hook(NamedTuple):
    """A hook that runs ctxcheck. where: the file that says so."""

    kind: str  # `git` or `pre-commit`
    where: Path


def hook_of(top: Path) -> Hook | None:
    """Return the hook of a repository that runs ctxcheck; None where there is none. top: its folder."""
    config = top / PRE_COMMIT_CONFIG
    if _holds(config, "ctxcheck"):
        return Hook("pre-commit", config)
    folder = hooks_folder()
    script = None if folder is None else folder / "pre-commit"
    return Hook("git", script) if script is not None and _holds(script, _MARK) else None


def hooks_folder() -> Path | None:
    """Return where git looks for hooks, of the repository around the working folder; None where there is none."""
    try:
        found = git_output("rev-parse", "--git-path", "hooks")
    except SourceError:
        return None
    return None if found is None else Path(found.decode("utf-8", "surrogateescape").strip())


def write_hooks(folder: Path) -> tuple[list[Path], list[Path]]:
    """Write the scripts that are not there. Return what was written, and what is somebody else's and stays.

    Raises SourceError.
    """
    written, theirs = [], []
    for name, text in SCRIPTS.items():
        path = folder / name
        if path.exists():
            if not _holds(path, _MARK):
                theirs.append(path)
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            path.chmod(0o755)
        except OSError as error:
            raise SourceError(error.strerror or "it cannot be written", where=str(path)) from None
        written.append(path)
    return written, theirs


def _holds(path: Path, text: str) -> bool:
    try:
        return text in path.read_text("utf-8", "replace")
    except OSError:
        return False
