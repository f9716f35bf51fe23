"""Plans on the terminal, as a page, as JSON: each found again from its bytes."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

from analyzer.report.json import document
from ctxcheck import __version__
from ctxcheck.paint import show
from migrator.plan.file import read_plan
from migrator.plan.form import to_json
from migrator.plan.page import plan_page
from migrator.plan.proven import proven
from migrator.plan.text import plan_lines
from migrator.plan.words import standing


def show_plan(path: str, form: str) -> int:
    """Show a plan and return the exit status: 1 where a change stands in its way. Raises PlanError, SourceError.

    form: `text`, `json` (the plan beside its report, ctxcheck.report/1) or `html`.
    """
    saved = read_plan(Path(path))
    found = proven(saved)
    if form == "json":
        told = {
            "digest": saved.digest,
            "plan": to_json(saved.plan),
            "notes": found.notes,
            "report": document(found.changes, __version__),
        }
        sys.stdout.write(json.dumps(told, indent=1) + "\n")
    elif form == "html":
        sys.stdout.write(plan_page(saved, found))
    else:
        show(partial(plan_lines, saved, found))
    return 1 if standing(saved.plan) else 0
