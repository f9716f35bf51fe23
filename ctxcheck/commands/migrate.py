"""`ctxcheck migrate`: run a plan; also the migration guide's words for backups."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analyzer.errors import UsageError
from ctxcheck.commands.show import is_plan
from ctxcheck.events import events_option
from ctxcheck.network_options import network_options

if TYPE_CHECKING:
    from typing import Literal

_WORDS = {"backup": "backup", "restore": "restore", "list": "list_backups", "verify": "verify"}
_LAST = "the last one"


class Migrate(click.Command):
    """A command whose first word may be one of the guide's `npm run migrate`, which is a command of its own then."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - click's
    ) -> click.Context:
        """Return the context of this command, or of the one that the first word names."""
        if args and args[0] in _WORDS:
            found: click.Command = import_module(f"ctxcheck.commands.{_WORDS[args[0]]}").command
            return found.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


@click.command("migrate", cls=Migrate, short_help="Upgrade, with backups, checks and a way back.")
@click.argument("what", nargs=-1, metavar="[CANISTER]... | PLAN | backup | restore | list | verify")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--as", "as_tool", type=click.Choice(["icp"]), help="--dry-run: as commands of icp-cli.")
@click.option("--resume", is_flag=False, flag_value=_LAST, metavar="[RUN]", help="Go on with a run that was stopped.")
@click.option("--hold", is_flag=True, help="Stop before the new version is started, until --resume.")
@click.option("--download", type=click.Choice(["before", "after", "no"]), help="When the snapshot is downloaded.")
@click.option("-m", "--message", default="", metavar="TEXT", help="A sentence for the history.")
@click.option("--wasm", type=click.Path(path_type=Path), metavar="FILE", help="The module, instead of building it.")
@click.option("--build", "tool", type=click.Choice(["dfx", "icp", "mops", "moc"]), help="What builds the modules.")
@click.option("--args", "arguments", metavar="TEXT", help="The upgrade's arguments, Candid text.")
@click.option("--old", type=click.Path(path_type=Path), metavar="WASM", help="What runs, where it shows no sections.")
@click.option("--allow-dirty", is_flag=True, help="Build also from what no commit holds.")
@click.option("--no-rehearse", is_flag=True, help="Do not try it on a copy first; takes --reason.")
@click.option("--reason", metavar="TEXT", help="Why it is not rehearsed; stands in the plan and the history.")
@click.option("-y", "--yes", is_flag=True, help="Answer yes. It accepts no change that blocks.")
@events_option
@network_options
def command(  # noqa: PLR0913 - click gives each option
    what: tuple[str, ...],
    *,
    dry_run: bool,
    as_tool: str | None,
    resume: str | None,
    hold: bool,
    download: Literal["before", "after", "no"] | None,
    message: str,
    wasm: Path | None,
    tool: str | None,
    arguments: str | None,
    old: Path | None,
    allow_dirty: bool,
    no_rehearse: bool,
    reason: str | None,
    yes: bool,
    **network: Any,  # noqa: ANN401 - click's options
) -> None:
    """Upgrade canisters by a plan: back up, stop, snapshot, install, check, start, check; and back, if anything fails.

    PLAN is a file of `ctxcheck plan`, approved. Without one it is made, shown, and asked about once; the yes approves
    it. Where all changes are safe, a network on this machine asks nobody.

    `ctxcheck migrate backup`, `restore`, `list` and `verify` are the commands of these names.

    \b
    Exit status:
      0  committed: the new version runs, all checks passed
      1  a change stands in the way, or the upgrade cannot be
      2  the call or the configuration is wrong
      3  an input cannot be read
      4  not approved, expired, or made for something else than what runs
      5  refused or failed; nothing changed, the old version runs
      6  a person is needed: what runs, and what can be done, is said
      7  somebody else is at work on it
      8  rolled back: the old version runs again; it stood still meanwhile
    """  # noqa: D301 - click's mark for lines that stay as they are
    from ctxcheck import running  # noqa: PLC0415 - loaded for the network alone
    from ctxcheck.planning import Options  # noqa: PLC0415

    asked = running.Asked(yes, hold, dry_run, as_tool == "icp")
    plans = [one for one in what if is_plan(one)]
    if as_tool is not None and not dry_run:
        msg = "--as goes with --dry-run"
        raise click.UsageError(msg)
    if no_rehearse != (reason is not None):
        msg = "--no-rehearse and --reason go together"
        raise click.UsageError(msg)
    if resume is not None:
        if what or dry_run or hold:
            msg = "--resume goes on with what was planned: it takes no canister and no plan"
            raise click.UsageError(msg)
        raise SystemExit(running.resume(None if resume == _LAST else resume, asked, network))
    if plans:
        if len(what) > 1 or any((wasm, tool, arguments, old, download, message, allow_dirty, reason)):
            msg = "a plan says it all: nothing can be added to it"
            raise click.UsageError(msg)
        raise SystemExit(running.start_file(Path(plans[0]), asked, network))
    missing = next((one for one in what if one.endswith(".ctx")), None)
    if missing is not None:
        msg = f"{missing} is no plan"
        raise UsageError(msg, hint=f"ctxcheck plan -o {missing} makes one")
    options = Options(message, wasm, old, arguments, tool, download, allow_dirty, reason)
    raise SystemExit(running.plan_and_start(what, options, asked, network))
