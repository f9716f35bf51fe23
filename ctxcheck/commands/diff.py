"""`ctxcheck diff OLD NEW`."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import click

from analyzer.compare.candid import PROFILES
from analyzer.model import ALL_CLIENTS, Surface
from analyzer.policy.levels import Policy
from analyzer.sources.cache import open_cache
from analyzer.sources.paths import read_versions
from ctxcheck import __version__
from ctxcheck.comparison import Asked, compared, decisions
from ctxcheck.network_options import network_options
from ctxcheck.progress import Progress
from ctxcheck.reports import give, report_options

if TYPE_CHECKING:
    from ctxcheck.reports import Output

_LIVE = ("ic:", "canister:")


@click.command("diff", short_help="Compare two versions, change by change.")
@click.argument("old")
@click.argument("new", required=False)
@report_options
@click.option(
    "--surface",
    "surfaces",
    type=click.Choice([s.value for s in Surface]),
    multiple=True,
    help="Look at this surface alone: stable (the data that an upgrade keeps) or candid (what clients see).",
)
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    help="Whose Candid answer counts: didc; dfx (also icp-cli), which refuses what only the special rule for opt "
    "accepts; strict, equality.  [default: dfx in a project of dfx or icp-cli, else didc]",
)
@click.option(
    "--service-is-principal",
    is_flag=True,
    help="Take a service for a principal, as candid 0.10.32 and later do.",
)
@click.option(
    "--policy",
    type=click.Choice([p.value for p in Policy]),
    help="What blocks. state: what moc refuses and what stored data loses. wire: also what breaks old clients. "
    "guide: also what the migration guide alone calls breaking.  [default: guide, or as ctxcheck.toml has it]",
)
@click.option(
    "--client",
    "clients",
    type=click.Choice(ALL_CLIENTS),
    multiple=True,
    help="Whose old clients count, where they differ: js, motoko, rust.  [default: all]",
)
@click.option(
    "--run-project-commands",
    is_flag=True,
    help="Run the command that dfx.json has for finding packages. Without it nothing that a project names is run, "
    "but for projects that `trusted` lists in ~/.config/ctxcheck/config.toml.",
)
@network_options
@click.pass_context
def command(  # noqa: PLR0913 - what users may ask for
    ctx: click.Context,
    /,
    old: str,
    new: str | None,
    form: str,
    surfaces: tuple[str, ...],
    profile: str | None,
    policy: str | None,
    clients: tuple[str, ...],
    *,
    outputs: tuple[Output, ...],
    service_is_principal: bool,
    run_project_commands: bool,
    **network: Any,  # noqa: ANN401 - click's options
) -> None:
    """Compare OLD with NEW, change by change.

    Both are .did files, .most files, programs (.mo) or compiled modules; or folders of them, paired by name; or all
    Motoko canisters of a project, as dfx.json, icp.yaml and mops.toml name them.

    Each is a path, `-` for standard input, or of a git revision: `REV:path`, `git:REV:path`. A revision alone is the
    project as it was; without NEW it is compared with the working files. `A..B` and `A..B:path` are two in one.

    OLD may also be what runs, as certificates prove it: `canister:NAME` of the project with -e or -n, where NEW is the
    project's program unless it is named, or `ic:ID`, on mainnet unless -e or -n say where.

    \b
    Exit status:
      0  nothing blocks
      1  something blocks under the policy: it breaks, is undecided, or loses stored data
      2  the call is wrong
      3  an input cannot be read
      5  the network gives no answer, or none that can be believed
    """  # noqa: D301 - click's mark for lines that stay as they are
    gc.disable()  # the process ends soon; on large interfaces the collector takes a third of the time and finds nothing
    asked = Asked(profile, policy, clients, [Surface(s) for s in surfaces] or list(Surface), service_is_principal)
    decided = decisions()
    with Progress("comparing"):
        cache = open_cache(__version__)
        if old.startswith(_LIVE):
            from ctxcheck.live import read_live  # noqa: PLC0415 - few compare with what runs

            versions = read_live(old, new, cache, run=run_project_commands, **network)
        else:
            versions = read_versions(old, new, cache, run=run_project_commands)
        changes, _ = compared(versions, asked, decided)
    if not changes.canisters:
        msg = f"neither side has a {' or '.join(surfaces)} part"
        raise click.UsageError(msg, ctx)
    give(changes, form, outputs)
    ctx.exit(1 if changes.blocked else 0)
