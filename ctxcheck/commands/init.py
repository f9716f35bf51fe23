"""`ctxcheck init`."""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from analyzer.errors import SourceError
from analyzer.model import RULES_VERSION
from analyzer.policy.config import NAME
from analyzer.policy.levels import Policy
from analyzer.sources.base import likely_baseline
from analyzer.sources.disk import Disk
from analyzer.sources.git import git_output
from analyzer.sources.hooks import LOCAL, PRE_COMMIT_CONFIG, hook_of, hooks_folder, write_hooks
from analyzer.sources.projects.profile import default_profile
from analyzer.sources.projects.read import project_above
from ctxcheck.reports import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable

_IGNORED = (".ctxcheck/", "backups/")
_MIGRATE = "ctxcheck migrate"


@click.command("init", short_help="Set up a project: configuration, hook, script.")
@click.option("--policy", type=click.Choice([p.value for p in Policy]), help="What blocks.  [default: asked for]")
@click.option("--hook", type=click.Choice(["git", "pre-commit", "none"]), help="Which hook.  [default: asked for]")
@click.option("-y", "--yes", is_flag=True, help="Ask nothing: take what is proposed.")
def command(policy: str | None, hook: str | None, *, yes: bool) -> None:
    """Write ctxcheck.toml, a hook and entries of .gitignore; in a project with a package.json, a script `migrate`.

    What is there already stays as it is.

    \b
    Exit status:
      0  written, or there already
      2  the call is wrong
      3  a file cannot be read or written
    """  # noqa: D301 - click's mark for lines that stay as they are
    project = project_above(Disk(), PurePath())
    top = git_output("rev-parse", "--show-toplevel")
    root = Path(top.decode("utf-8", "surrogateescape").strip()) if top else Path.cwd()
    folder = Path(project.folder) if project is not None else root
    if project is None:
        click.echo("no project file names a Motoko canister: interface files (.did, .most) are what is checked")
    else:
        click.echo(f"{len(project.targets)} canister(s): {', '.join(sorted(project.targets))}")
    ask = _answers(yes=yes)
    _config(folder / NAME, policy, ask)
    _ignore(folder / ".gitignore")
    _hook(root, hook, ask)
    _script(folder / "package.json", ask)
    click.echo("next: ctxcheck doctor, ctxcheck check")


def _answers(*, yes: bool) -> Callable[[str, list[str], str], str]:
    """Return what asks a question and takes one of some answers. yes: it takes the proposed one."""

    def ask(question: str, answers: list[str], proposed: str) -> str:
        if yes:
            return proposed
        found: str = click.prompt(question, type=click.Choice(answers), default=proposed)
        return found

    return ask


def _config(path: Path, policy: str | None, ask: Callable[[str, list[str], str], str]) -> None:
    if path.exists():
        _said(path, "is there already")
        return
    policies = [p.value for p in Policy]
    chosen = policy or ask(
        "What blocks: stored data alone (state), also old clients (wire), also what the guide calls breaking",
        policies,
        Policy.GUIDE.value,
    )
    baseline = likely_baseline()
    lines = [
        "# What ctxcheck holds this project to. `ctxcheck check --help`, docs/config.md",
        f'rules = "{RULES_VERSION}"  # what later sets of rules find only warns, until this is raised',
        f'policy = "{chosen}"',
        f'profile = "{default_profile(path.parent)}"',
    ]
    if baseline is not None:
        lines.append(f'baseline = "{baseline}"  # what changes are merged into')
    lines += [
        "",
        "# [migrate]",
        '# auto_approve = "safe"  # also off this machine: run plans whose changes are all safe and certified',
        '# approvers = ["PRINCIPAL"]  # else who runs a plan approves it',
    ]
    write_whole(str(path), "\n".join(lines) + "\n")
    _said(path, "written")


def _ignore(path: Path) -> None:
    try:
        text = path.read_text("utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError):
        msg = "this cannot be read as text"
        raise SourceError(msg, where=str(path)) from None
    there = {line.strip().strip("/") for line in text.splitlines()}
    missing = [entry for entry in _IGNORED if entry.strip("/") not in there]
    if missing:
        gap = "" if not text or text.endswith("\n") else "\n"
        write_whole(str(path), f"{text}{gap}{''.join(f'{entry}{chr(10)}' for entry in missing)}")
        _said(path, f"{' and '.join(missing)} added")


def _hook(root: Path, hook: str | None, ask: Callable[[str, list[str], str], str]) -> None:
    folder = hooks_folder()
    if folder is None:
        click.echo("no hook: this is no git repository")
        return
    there = hook_of(root)
    if there is not None:
        _said(there.where, "runs ctxcheck already")
        return
    proposed = "pre-commit" if (root / PRE_COMMIT_CONFIG).exists() else "git"
    chosen = hook or ask("Which hook", ["git", "pre-commit", "none"], proposed)
    config = root / PRE_COMMIT_CONFIG
    if chosen == "git":
        written, theirs = write_hooks(folder)
        for path in written:
            _said(path, "written")
        for path in theirs:
            _said(path, "is there already and stays: add `ctxcheck check --staged` to it")
    elif chosen == "pre-commit" and config.exists():
        _said(config, f"add this to its repos:\n{LOCAL}")
    elif chosen == "pre-commit":
        stages = "default_install_hook_types: [pre-commit, pre-push]\n"
        write_whole(str(config), f"{stages}repos:\n{LOCAL}")
        _said(config, "written; `pre-commit install` makes git run it")


def _script(path: Path, ask: Callable[[str, list[str], str], str]) -> None:
    if not path.is_file():
        return
    try:
        text = path.read_text("utf-8")
        package = json.loads(text)
        scripts = package.setdefault("scripts", {})
        before = scripts.get("migrate")
    except (OSError, ValueError, RecursionError, AttributeError):
        msg = "this is not a package.json"
        raise SourceError(msg, where=str(path)) from None
    if before == _MIGRATE:
        return
    if before is not None and ask(f"package.json: replace the script migrate, {before!r}", ["yes", "no"], "no") == "no":
        _said(path, "its script `migrate` stays")
        return
    scripts["migrate"] = _MIGRATE
    indent = re.search(r"^([ \t]+)\"", text, re.MULTILINE)
    made = json.dumps(package, indent=indent[1] if indent else 2, ensure_ascii=False)
    write_whole(str(path), made + ("\n" if text.endswith("\n") else ""))
    _said(path, f'script "migrate": "{_MIGRATE}"')


def _said(path: Path, what: str) -> None:
    click.echo(f"{path}: {what}")
