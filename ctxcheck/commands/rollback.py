"""`ctxcheck rollback`."""

from __future__ import annotations

from typing import Any

import click

from ctxcheck.events import events_option
from ctxcheck.network_options import network_options


@click.command("rollback", short_help="Put back what ran before a run.")
@click.argument("run", required=False)
@click.option("--discard-writes", is_flag=True, help="Also where what was written since the start is lost.")
@click.option("--reason", default="asked for", metavar="TEXT", help="Why; stands in the journal and the history.")
@click.option("-y", "--yes", is_flag=True, help="Answer yes.")
@events_option
@network_options
def command(
    run: str | None,
    *,
    discard_writes: bool,
    reason: str,
    yes: bool,
    **network: Any,  # noqa: ANN401 - click's options
) -> None:
    """Put back the module, the data and the files from before a run: the last one, or the one that is named.

    The module must be the one that the run installed. Where something was written since the new version was started,
    it is lost, and --discard-writes has to say that this is meant. Backups stay.

    \b
    Exit status:
      2  there is no such run, or it is over and undone
      5  nothing had been changed: the old version runs
      6  a person is needed: what runs, and what can be done, is said
      7  somebody else is at work on it
      8  rolled back: the old version runs again
    """  # noqa: D301 - click's mark for lines that stay as they are
    from ctxcheck.running import roll_back  # noqa: PLC0415 - loaded for the network alone

    raise SystemExit(roll_back(run, reason, discard_writes=discard_writes, yes=yes, network=network))
