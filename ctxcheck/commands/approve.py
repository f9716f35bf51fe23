"""`ctxcheck approve`."""

from __future__ import annotations

import time
from pathlib import Path

import click


@click.command("approve", short_help="Sign that a plan may run, with a reason.")
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is signed, and stands in the history.")
@click.option("--identity", metavar="NAME", help="Who signs, as icp-cli or dfx know them.")
@click.option("--identity-file", type=click.Path(path_type=Path), metavar="FILE", help="Who signs: a key in PEM.")
@click.option(
    "--identity-password-file", type=click.Path(path_type=Path), metavar="FILE", help="What opens an encrypted key."
)
def command(
    plan: Path, reason: str, identity: str | None, identity_file: Path | None, identity_password_file: Path | None
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
    from analyzer.sources.decisions import read_decisions  # noqa: PLC0415 - none of this is for other commands
    from migrator.approval import approve, write_approval  # noqa: PLC0415
    from migrator.network.identities import default_identity, identity_named, identity_of_file  # noqa: PLC0415
    from migrator.plan.file import read_plan  # noqa: PLC0415
    from migrator.plan.proven import proven  # noqa: PLC0415

    if identity is not None and identity_file is not None:
        msg = "--identity and --identity-file name two identities"
        raise click.UsageError(msg)

    def password(prompt: str) -> bytes:
        if identity_password_file is not None:
            return identity_password_file.read_bytes().rstrip(b"\r\n")
        typed: str = click.prompt(prompt, hide_input=True, err=True)
        return typed.encode()

    saved = read_plan(plan)
    proven(saved)
    if identity_file is not None:
        who = identity_of_file(identity_file, password=password)
    else:
        name = identity or default_identity("icp") or default_identity("dfx")
        if name is None:
            msg = "who signs? --identity NAME, or --identity-file FILE"
            raise click.UsageError(msg)
        who = identity_named(name, password=password)
    approval = approve(saved, who, reason, time.time_ns())
    path = write_approval(read_decisions().folder / ".ctxcheck", approval)
    click.echo(f"plan {saved.short} approved by {approval.approver}")
    click.echo(f"{path}: next: ctxcheck migrate {plan}")
