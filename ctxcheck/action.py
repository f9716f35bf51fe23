"""What the GitHub Action does: `python -m ctxcheck.action`. It fetches the base, checks, shows and keeps the reports.

Its inputs are environment variables, so that no value of a pull request becomes part of a shell's line:
CTXCHECK_BASE (a commit or branch; empty: what `ctxcheck check` takes by itself), CTXCHECK_POLICY, CTXCHECK_CANISTERS
(names, blanks between them), CTXCHECK_REPORTS (the folder for the reports).
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

from analyzer.errors import CtxError, SourceError, UsageError, of_system
from analyzer.report.words import clean

CHECK = (sys.executable, "-m", "ctxcheck", "check")
FILES = {"github": "annotations.txt", "markdown": "report.md", "sarif": "report.sarif", "json": "report.json"}
DEPTHS = (1, 50, 500, 5000)  # commits; most pull requests are shorter, and a whole history may be large
_SECONDS = 600


def main() -> int:
    """Check as the environment says it; return the exit status of `ctxcheck check`, 2 or 3 where it was not reached."""
    reports = Path(os.environ.get("CTXCHECK_REPORTS") or "ctxcheck-report")
    try:
        reports.mkdir(parents=True, exist_ok=True)
        tell("reports", str(reports))
        base = os.environ.get("CTXCHECK_BASE", "").strip()
        commit = fetched(base) if base.strip("0") else ""  # a new branch comes from the commit of zeros
        status = check(commit, reports)
    except (CtxError, OSError) as problem:
        error = of_system(problem) if isinstance(problem, OSError) else problem
        sys.stderr.write(f"error: {clean(str(error), 600)}\n")
        if error.hint:
            sys.stderr.write(f"hint: {error.hint}\n")
        return error.exit_code
    show(reports)
    tell("status", str(status))
    return status


def fetched(base: str) -> str:
    """Fetch as much history as the base and HEAD need to meet; return the base's commit.

    A checkout of GitHub has one commit. base: a commit or the name of a branch. Raises SourceError, UsageError.
    """
    if base.startswith("-"):
        msg = f"{base!r} is no commit and no branch"
        raise UsageError(msg)
    head = _git("rev-parse", "HEAD")
    if head is None:
        msg = "this is no checkout: use actions/checkout before"
        raise SourceError(msg)
    here = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
    if here is not None and _git("merge-base", here, head) is not None:
        return here
    shallow = _git("rev-parse", "--is-shallow-repository") == "true"
    # Of a whole history a depth would cut what is there.
    if not shallow and _git("fetch", "--no-tags", "--quiet", "origin", base) is not None:
        commit = _commit()
        if _git("merge-base", commit, head) is not None:
            return commit
    for depth in (*(f"--depth={depth}" for depth in DEPTHS), "--unshallow") if shallow else ():
        if _git("fetch", "--no-tags", "--quiet", depth, "origin", base, head) is None:
            continue
        commit = _commit()
        if _git("merge-base", commit, head) is not None:
            return commit
    msg = f"the base {base} cannot be fetched, or has nothing in common with what is checked out"
    raise SourceError(msg, hint="name a commit or a branch of this repository, or fetch it: `fetch-depth: 0`")


def _commit() -> str:
    """Return the commit that was asked for first."""
    commit = _git("rev-parse", "FETCH_HEAD^{commit}")
    if commit is None:
        msg = "what was fetched is no commit"
        raise SourceError(msg)
    return commit


def _git(*arguments: str) -> str | None:
    """Return what git says, without the last line break; None where it fails."""
    command = ["git", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def check(base: str, reports: Path) -> int:
    """Run the check, which writes the reports, and return its exit status. base: a commit, or empty."""
    policy = os.environ.get("CTXCHECK_POLICY", "").strip()
    options = [f"--output={form}={reports / name}" for form, name in FILES.items()]
    options += ["--fetch-compiler", *([f"--base={base}"] if base else [])]
    options += [f"--policy={policy}"] if policy else []
    # What the check prints has names from files; while it does, the runner takes no line for a command.
    token = secrets.token_hex(16)
    _say(f"::stop-commands::{token}\n")
    try:
        return subprocess.run(
            [*CHECK, *options, "--", *os.environ.get("CTXCHECK_CANISTERS", "").split()], check=False
        ).returncode
    finally:
        _say(f"::{token}::\n")


def show(reports: Path) -> None:
    """Print the annotations, and append the report to the summary of the job."""
    annotations, summary = reports / FILES["github"], os.environ.get("GITHUB_STEP_SUMMARY")
    if annotations.exists():
        _say(annotations.read_text("utf-8"))
    markdown = reports / FILES["markdown"]
    if summary and markdown.exists():
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(markdown.read_text("utf-8"))


def tell(name: str, value: str) -> None:
    """Set an output of the step."""
    path = os.environ.get("GITHUB_OUTPUT")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{name}={value}\n")


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()  # before what the check prints, and after it


if __name__ == "__main__":
    sys.exit(main())
