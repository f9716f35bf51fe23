"""`ctxcheck explain RULE`."""

from __future__ import annotations

from functools import partial

import click

from analyzer.report.rule_page import list_lines, page_lines
from analyzer.rules import all_rules
from ctxcheck.paint import show


@click.command("explain", short_help="Explain a rule, with an example.")
@click.argument("rule")
def command(rule: str) -> None:
    """Explain RULE: its id (S201), its name (stable-field-added), or a code of moc (M0170), which stands for several.

    \b
    Exit status:
      0  there is such a rule
      2  there is none
    """  # noqa: D301 - click's mark for lines that stay as they are
    rules = all_rules()
    wanted = rule.lower()
    for one in rules:
        if wanted in (one.id.lower(), one.slug):
            show(partial(page_lines, one))
            return
    of_moc = [one for one in rules if one.moc is not None and one.moc.lower() == wanted]
    if of_moc:
        show(partial(list_lines, of_moc))
        return
    from difflib import get_close_matches  # noqa: PLC0415 - only errors need it

    close = get_close_matches(wanted, [*(one.id.lower() for one in rules), *(one.slug for one in rules)], 1)
    hint = f" Did you mean `{close[0].upper() if '-' not in close[0] else close[0]}`?" if close else ""
    msg = f"there is no rule `{rule}`.{hint} `ctxcheck rules` shows all."
    raise click.UsageError(msg)
