"""The command: a click group that loads a command when it is called, and the one place where errors are printed."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING, NoReturn

import click

from analyzer.errors import CtxError, ParseError, of_system
from ctxcheck import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

# Name: (module, one line of help), in groups as the help shows them.
GROUPS: dict[str, dict[str, tuple[str, str]]] = {
    "Check": {
        "diff": ("ctxcheck.commands.diff", "Compare two versions, change by change."),
        "check": ("ctxcheck.commands.check", "Check what is about to be committed, pushed or merged."),
        "accept": ("ctxcheck.commands.accept", "Let changes through, with a reason, for a time."),
        "explain": ("ctxcheck.commands.explain", "Explain a rule, with an example."),
        "rules": ("ctxcheck.commands.rules", "List the rules, or what the migration guide says and is true."),
        "changelog": ("ctxcheck.commands.changelog", "Write all changes between two versions as release notes."),
    },
    "Release": {
        "plan": ("ctxcheck.commands.plan", "Write down what an upgrade will do, exactly."),
        "rehearse": ("ctxcheck.commands.rehearse", "Try an upgrade on a copy of the state: what holds, and what not."),
        "approve": ("ctxcheck.commands.approve", "Sign that a plan may run, with a reason."),
        "migrate": ("ctxcheck.commands.migrate", "Upgrade, with backups, checks and a way back."),
        "rollback": ("ctxcheck.commands.rollback", "Put back what ran before a run."),
        "recover": ("ctxcheck.commands.recover", "Find out what state a canister is in, and what can be done."),
        "history": ("ctxcheck.commands.history", "Show what was migrated: when, why, by whom, how far proven."),
        "status": ("ctxcheck.commands.status", "Show what runs: module, controllers, memory, cycles, and drift."),
        "verify": ("ctxcheck.commands.verify", "Check what runs: status, module, and that its queries answer."),
    },
    "Backups": {
        "backup": ("ctxcheck.commands.backup", "Back up files, what canisters list, and whole canisters."),
        "restore": ("ctxcheck.commands.restore", "Put a backup back: a snapshot, data, or files."),
        "list": ("ctxcheck.commands.list_backups", "List the backups of the project."),
        "show": ("ctxcheck.commands.show", "Show what a plan does, how a run went, or what a backup holds."),
        "prune": ("ctxcheck.commands.prune", "Take old backups away."),
    },
    "Inspect": {
        "lint": ("ctxcheck.commands.lint", "Find what will be a danger at some upgrade."),
        "suggest": ("ctxcheck.commands.suggest", "Write the migration that an upgrade needs, and prove it."),
        "state": ("ctxcheck.commands.state", "Look into a snapshot: its stable variables, without its canister."),
    },
    "Tools": {
        "init": ("ctxcheck.commands.init", "Set up a project: configuration, hook, script."),
        "doctor": (
            "ctxcheck.commands.doctor",
            "Show what ctxcheck finds on this machine, and what to do about the rest.",
        ),
        "completion": ("ctxcheck.commands.completion", "Print the completion script of a shell."),
        "git-diff-driver": (
            "ctxcheck.commands.git_diff_driver",
            "Show what a change to an interface file does, in `git diff`.",
        ),
        "replica": ("ctxcheck.commands.replica", "Run an embedded network for tests, rehearsals and CI."),
        "demo": ("ctxcheck.commands.demo", "Compare versions of an example canister, each of which shows something."),
    },
}
COMMANDS = {name: entry for group in GROUPS.values() for name, entry in group.items()}
_INTERNAL = 70  # EX_SOFTWARE of sysexits.h: a fault of ours, never a verdict


class Lazy(click.Group):
    """A group that imports a command's module only when that command runs."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Return a command, or None where there is none of that name."""
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[name][0]).command
        gc.enable()  # see __main__
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a name that is none gets the nearest one as a hint."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            from difflib import get_close_matches  # noqa: PLC0415 - only errors need it

            close = get_close_matches(name, COMMANDS, 1)
            hint = f" Did you mean `{close[0]}`?" if close else ""
            msg = f"there is no command `{name}`.{hint} `ctxcheck --help` shows all."
            raise click.UsageError(msg, ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help of all commands without importing them."""
        for group, commands in GROUPS.items():
            with formatter.section(group):
                formatter.write_dl([(name, text) for name, (_, text) in commands.items()])


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="ctxcheck")
def cli() -> None:
    """Say whether a canister may be upgraded, and whether anything is lost."""


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command and end the process with the documented exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # what it cannot say, as names that are not UTF-8, it spells
            stream.reconfigure(errors="backslashreplace")
    try:
        code = cli.main(args=list(args) if args is not None else None, prog_name="ctxcheck", standalone_mode=False)
    except CtxError as error:
        _print_error(error)
        _leave(error.exit_code)
    except click.exceptions.Abort:
        click.echo("stopped", err=True)
        _leave(130)
    except click.ClickException as error:
        error.show()
        _leave(2)
    except BrokenPipeError:
        # Who reads our output went away (`ctxcheck ... | head`): nothing is wrong and nobody listens.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _leave(141)
    except OSError as error:
        refused = of_system(error)
        _print_error(refused)
        _leave(refused.exit_code)
    except (MemoryError, RecursionError) as error:
        click.echo(f"ctxcheck: {type(error).__name__}: the input is too large to be judged here", err=True)
        _leave(_INTERNAL)
    _leave(code if isinstance(code, int) else 0)


def _leave(code: int) -> NoReturn:
    gc.freeze()  # or Python's last act is to look for garbage in all that was made, which the system is about to take
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left would be tried again at the end
        if not isinstance(error, BrokenPipeError):
            refused = of_system(error)
            refused.where = "standard output"
            _print_error(refused)
            code = code or refused.exit_code
    sys.exit(code)


def _print_error(error: CtxError) -> None:
    """Print what, where, what was expected and what to do, and for a text the line with a caret."""
    from analyzer.report.words import clean  # noqa: PLC0415 - only errors need it

    side = f" ({error.side})" if isinstance(error, ParseError) and error.side else ""
    click.echo(f"{click.style('error', fg='red', bold=True)}{side}: {clean(str(error), 600)}", err=True)
    if isinstance(error, ParseError):
        line = "".join(c if c.isprintable() else " " for c in error.place.text)
        click.echo(f"  {line}", err=True)
        click.echo(f"  {' ' * (error.place.caret - 1)}{click.style('^', fg='red', bold=True)}", err=True)
    if error.hint:
        click.echo(f"  {click.style('hint', bold=True)}: {clean(error.hint, 600)}", err=True)
