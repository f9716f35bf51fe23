"""`ctxcheck rules`."""

from __future__ import annotations

import sys
from functools import partial

import click

from analyzer.model import RULES_VERSION, Surface
from analyzer.report.rule_page import guide_lines, list_lines
from analyzer.rules import all_rules
from ctxcheck.paint import show


@click.command("rules", short_help="List the rules, or what the migration guide says and is true.")
@click.option(
    "--guide", is_flag=True, help="The migration guide's kinds of change and promises, and the truth of each."
)
@click.option("--surface", type=click.Choice([s.value for s in Surface]), help="Only the rules of this surface.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(*, guide: bool, surface: str | None, form: str) -> None:
    """List all rules, or with --guide what the migration guide says of changes and what is true on each surface."""
    rules = [rule for rule in all_rules() if surface in (None, rule.surface)]
    if form == "json":
        import json  # noqa: PLC0415 - loaded only where it is asked for

        from analyzer.report.json import rule_values  # noqa: PLC0415

        document = {
            "schema": "ctxcheck.rules/1",
            "rules_version": RULES_VERSION,
            "rules": [rule_values(r) for r in rules],
        }
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
        return
    show(partial(guide_lines if guide else list_lines, rules))
