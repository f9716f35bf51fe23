"""`ctxcheck show`."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import click


@click.command("show", short_help="Show a plan, found again from its bytes.")
@click.argument("plan", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    show_default=True,
    help="json: ctxcheck.plan/1, with the report. html: one page.",
)
@click.pass_context
def command(ctx: click.Context, plan: Path, form: str) -> None:
    """Show what a plan does. Nothing in it is believed: changes are found again from the bytes of both sides in it, and
    what runs is checked with its certificate. No network is asked.

    \b
    Exit status:
      0  nothing stands in the way of the plan
      1  a change stands in the way
      3  this is no plan, or it contradicts itself
    """  # noqa: D205, D301 - click's mark for lines that stay as they are
    from migrator.plan.file import read_plan  # noqa: PLC0415 - loads what certificates take
    from migrator.plan.proven import proven  # noqa: PLC0415
    from migrator.plan.words import standing  # noqa: PLC0415

    saved = read_plan(plan)
    found = proven(saved)
    if form == "json":
        import json  # noqa: PLC0415

        from analyzer.report.json import document  # noqa: PLC0415
        from ctxcheck import __version__  # noqa: PLC0415
        from migrator.plan.form import to_json  # noqa: PLC0415

        told = {
            "digest": saved.digest,
            "plan": to_json(saved.plan),
            "notes": found.notes,
            "report": document(found.changes, __version__),
        }
        sys.stdout.write(json.dumps(told, indent=1) + "\n")
    elif form == "html":
        from migrator.plan.page import plan_page  # noqa: PLC0415

        sys.stdout.write(plan_page(saved, found))
    else:
        from ctxcheck.paint import show  # noqa: PLC0415
        from migrator.plan.text import plan_lines  # noqa: PLC0415

        show(partial(plan_lines, saved, found))
    ctx.exit(1 if standing(saved.plan) else 0)
