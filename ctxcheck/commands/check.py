"""`ctxcheck check`."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import click

from analyzer.compare.candid import PROFILES
from analyzer.policy.levels import Policy
from ctxcheck.checking import Call, Checked, check
from ctxcheck.progress import Progress
from ctxcheck.reports import give, report_options

if TYPE_CHECKING:
    from ctxcheck.reports import Output


@click.command("check", short_help="Check what is about to be committed, pushed or merged.")
@click.argument("canisters", nargs=-1, metavar="[CANISTER]...")
@click.option(
    "--base",
    metavar="REV",
    help="What the change is to be merged into.  [default: as ctxcheck.toml or the CI says it, else the main branch]",
)
@click.option("--staged", is_flag=True, help="Check what is staged, and not the working files: for a pre-commit hook.")
@click.option("--head", metavar="REV", help="Check this revision, and not the working files: for a pre-push hook.")
@click.option("--all", "everything", is_flag=True, help="Compare all canisters, those too that did not change.")
@click.option("--fetch-compiler", is_flag=True, help="Bring the npm compiler into ctxcheck's cache if there is none.")
@click.option("--profile", type=click.Choice(PROFILES), help="Whose Candid answer counts; see `ctxcheck diff`.")
@click.option("--policy", type=click.Choice([p.value for p in Policy]), help="What blocks; see `ctxcheck diff`.")
@click.option("--run-project-commands", is_flag=True, help="Run the command that dfx.json has for finding packages.")
@report_options
@click.pass_context
def command(  # noqa: PLR0913 - what users may ask for
    ctx: click.Context,
    canisters: tuple[str, ...],
    base: str | None,
    head: str | None,
    profile: str | None,
    policy: str | None,
    form: str,
    *,
    staged: bool,
    everything: bool,
    fetch_compiler: bool,
    run_project_commands: bool,
    outputs: tuple[Output, ...],
) -> None:
    """Check all canisters of which a file changed, or those that are named.

    A canister is compared with what it was where the change branched off (the merge base), and with what is deployed,
    where `deployed/` has its NAME.did or NAME.most. Changes that `ctxcheck accept` let through do not block.

    \b
    Exit status:
      0  nothing blocks
      1  something blocks, or a backup is about to be committed
      2  the call or the configuration is wrong
      3  an input cannot be read, or there is nothing to compare with
    """  # noqa: D301 - click's mark for lines that stay as they are
    gc.disable()  # see `diff`
    with Progress("checking"):
        found = check(
            Call(canisters, base, staged, head, everything, fetch_compiler, profile, policy, run=run_project_commands)
        )
    if found.changes.canisters or form != "text":
        give(found.changes, form, outputs)
    else:
        give(found.changes, None, outputs)
        click.echo(f"nothing changed that a canister is made of, against {found.sides.against}")
    _remarks(found)
    ctx.exit(1 if found.changes.blocked or found.private else 0)


def _remarks(found: Checked) -> None:
    """Say what is beside the comparison: on standard error, where it is in the way of no report."""
    count = found.untouched
    if count and found.changes.canisters:
        click.echo(f"{count} other canister{'s' if count > 1 else ''}: nothing changed", err=True)
    for path in found.private[:10]:
        click.echo(
            f"{click.style('error', fg='red', bold=True)}: {path}: a backup or a journal is about to be committed; "
            f"it may hold users' data", err=True,
        )  # fmt: skip
    if found.private:
        click.echo(f"  {click.style('hint', bold=True)}: git rm --cached -r {found.private[0]}", err=True)
    if found.judged is None:
        return
    for entry in found.judged.expired:
        click.echo(
            f"accepted until {entry.until}, and no longer: {entry.rule} {entry.change} ({entry.where})", err=True
        )
    if found.judged.unused:
        count = len(found.judged.unused)
        what = "changes match" if count > 1 else "change matches"
        click.echo(f"{count} accepted {what} nothing any more: `ctxcheck accept --prune`", err=True)
