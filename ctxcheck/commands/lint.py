"""`ctxcheck lint [PATH]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ctxcheck.linting import lint
from ctxcheck.progress import Progress
from ctxcheck.reports import give, report_options

if TYPE_CHECKING:
    from ctxcheck.reports import Output


@click.command("lint", short_help="Find what will be a danger at some upgrade.")
@click.argument("path", default=".")
@click.option("--base", metavar="REV", help="What packages and flags are compared with.  [default: HEAD]")
@report_options
@click.pass_context
def command(ctx: click.Context, path: str, base: str | None, form: str, *, outputs: tuple[Output, ...]) -> None:
    """Look at the sources of PATH: a project, a folder, or a program; and at scripts.

    What is found: hooks, timers that are not set again, variables of type Any or of a type that is inferred from a
    fragile first value, classical persistence and a switch of it, variables that a chain drops and makes again,
    packages of stored types in another version, and commands that reinstall on mainnet. `ctxcheck explain S801` tells
    why, and so on to S809.

    Nothing is compiled: what a type is called elsewhere, or computed, is not seen.

    \b
    Exit status:
      0  nothing blocks
      1  something would lose data or work; `ctxcheck accept --lint` lets it through
      2  the call or the configuration is wrong
      3  an input cannot be read
    """  # noqa: D301 - click's mark for lines that stay as they are
    with Progress("looking"):
        changes, _ = lint(path, base)
    give(changes, form, outputs)
    ctx.exit(1 if changes.blocked else 0)
