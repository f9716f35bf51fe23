"""Plans on the terminal, as a page, as JSON: each found again from its bytes."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.errors import SourceError, UsageError
from analyzer.report.json import document
from ctxcheck import __version__
from ctxcheck.paint import show
from migrator.backups.private import write_file
from migrator.failures import Refused
from migrator.plan.file import read_plan
from migrator.plan.form import to_json
from migrator.plan.model import SCHEMA
from migrator.plan.page import plan_page
from migrator.plan.prechecks import refused
from migrator.plan.proven import proven
from migrator.plan.text import plan_lines
from migrator.plan.words import standing

if TYPE_CHECKING:
    from migrator.plan.file import SavedPlan


def show_plan(path: str, form: str) -> int:
    """Show a plan of a file; see `show_saved`. Raises PlanError, SourceError."""
    return show_saved(read_plan(Path(path)), form, path)


def show_saved(saved: SavedPlan, form: str, path: str) -> int:
    """Show a plan and return the exit status: 1 where a change stands in its way, 5 where a check forbids it.

    form: `text`, `json` (the plan beside its report, ctxcheck.report/1) or `html`. path: what to call it. Raises
    PlanError.
    """
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
        show(partial(plan_lines, saved, found, path))
    if standing(saved.plan):
        return 1
    forbidden = any(True for target in saved.plan.targets for _ in refused(list(target.prechecks)))
    return Refused.exit_code if forbidden else 0


def write_plan(saved: SavedPlan, path: Path) -> Path:
    """Write a plan into a file, over an older plan at most. Raises UsageError: another file is there; SourceError."""
    try:
        if path.exists():
            with path.open("rb") as file:
                if not file.read(len(SCHEMA)).startswith(b"ctxcheck.plan/"):
                    msg = f"{path} is there and is no plan"
                    raise UsageError(msg, hint="-o names another file")
        write_file(path, saved.data)
    except OSError as error:
        msg = f"the plan cannot be written: {error.strerror}"
        raise SourceError(msg, where=str(path)) from None
    return path
