"""`ctxcheck approve`."""

from __future__ import annotations

import time
from pathlib import Path

import click

from ctxcheck.network_options import identity_options


@click.command("approve", short_help="Sign that a plan may run, with a reason.")
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is signed, and stands in the history.")
@identity_options
def command(
    plan: Path,
    reason: str,
    identity: str | None,
    identity_file: Path | None,
    identity_command: str | None,
    identity_password_file: Path | None,
) -> None:
    """Sign a statement about a plan: who, when, why. It counts for this very file, until it expires.

    An approval accepts nothing: changes that block are accepted by `ctxcheck accept`, before the plan is made.

    \b
    Exit status:
      0  approved
      1  a change of the plan blocks and is not accepted
      2  the call is wrong: who signs may not
      3  this is no plan, or it contradicts itself; the key cannot be read
      4  the plan has expired
    """  # noqa: D301 - click's mark for lines that stay as they are
    from ctxcheck.connection import chosen_identity, project_folder  # noqa: PLC0415 - none of this is for other commands
    from migrator.approval import approve, write_approval  # noqa: PLC0415
    from migrator.network.identities import default_identity  # noqa: PLC0415
    from migrator.plan.file import read_plan  # noqa: PLC0415
    from migrator.plan.proven import proven  # noqa: PLC0415

    saved = read_plan(plan)
    proven(saved)
    tool = next((one for one in ("icp", "dfx") if default_identity(one) is not None), None)
    who = chosen_identity(tool, identity, identity_file, identity_command, identity_password_file)
    approval = approve(saved, who, reason, time.time_ns())
    path = write_approval(project_folder() / ".ctxcheck", approval)
    click.echo(f"plan {saved.short} approved by {approval.approver}")
    click.echo(f"{path}: next: ctxcheck migrate {plan}")
