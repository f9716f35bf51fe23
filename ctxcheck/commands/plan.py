"""`ctxcheck plan`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ctxcheck.network_options import network_options

if TYPE_CHECKING:
    from typing import Literal


@click.command("plan", short_help="Write down what an upgrade will do, exactly.")
@click.argument("canisters", nargs=-1, metavar="[CANISTER]...")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="[default: plan.ctx]")
@click.option("-m", "--message", default="", metavar="TEXT", help="A sentence for the history.")
@click.option("--wasm", type=click.Path(path_type=Path), metavar="FILE", help="The module, instead of building it.")
@click.option("--build", "tool", type=click.Choice(["dfx", "icp", "mops", "moc"]), help="What builds the modules.")
@click.option("--args", "arguments", metavar="TEXT", help="The upgrade's arguments, Candid text.")
@click.option("--old", type=click.Path(path_type=Path), metavar="WASM", help="What runs, where it shows no sections.")
@click.option("--download", type=click.Choice(["before", "after", "no"]), help="When the snapshot is downloaded.")
@click.option("--allow-dirty", is_flag=True, help="Build also from what no commit holds.")
@click.option("--no-rehearse", is_flag=True, help="Do not try it on a copy first; takes --reason.")
@click.option("--reason", metavar="TEXT", help="Why it is not rehearsed; stands in the plan and the history.")
@click.option("--for", "bundle", type=click.Choice(["sns", "proxy"]), help="Write what others have to propose or call.")
@network_options
def command(  # noqa: PLR0913 - click gives each option
    canisters: tuple[str, ...],
    *,
    output: Path | None,
    message: str,
    wasm: Path | None,
    tool: str | None,
    arguments: str | None,
    old: Path | None,
    download: Literal["before", "after", "no"] | None,
    allow_dirty: bool,
    no_rehearse: bool,
    reason: str | None,
    bundle: str | None,
    **network: Any,  # noqa: ANN401 - click's options
) -> None:
    """Read what runs, certified, build what is to run, compare them, look for all that can go wrong, and write it down.

    Nothing is changed on the network. The plan holds the very bytes that will be installed; its name is their hash.

    \b
    Exit status:
      0  planned; nothing stands in the way
      1  planned; a change stands in the way, or the upgrade cannot be
      2  the call or the configuration is wrong
      3  an input cannot be read, or what runs does not show what it stores
      5  planned, and may not run: a check says so; or the network gives no answer
    """  # noqa: D301 - click's mark for lines that stay as they are
    from ctxcheck.connection import connected  # noqa: PLC0415 - none of this is for other commands
    from ctxcheck.planning import Options, planned  # noqa: PLC0415
    from ctxcheck.plans import show_saved, write_plan  # noqa: PLC0415

    if no_rehearse != (reason is not None):
        msg = "--no-rehearse and --reason go together"
        raise click.UsageError(msg)
    proposed = bundle is not None
    options = Options(message, wasm, old, arguments, tool, download, allow_dirty, reason, proposed)
    with connected(**network) as connection:
        saved = planned(connection, canisters, options)
    path = write_plan(saved, output or Path("plan.ctx"))
    if bundle is not None:
        from ctxcheck.proposals import write_bundle  # noqa: PLC0415 - see above

        click.echo(f"{write_bundle(saved, path, bundle)}: what is to be proposed", err=True)
    raise SystemExit(show_saved(saved, "text", str(path)))
