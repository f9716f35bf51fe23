"""What a pair of versions falls under."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from analyzer import compare_candid, compare_stable
from analyzer.compare.versions import compare_versions
from analyzer.lint.finding import report
from analyzer.model import Surface
from analyzer.rules import is_lint
from analyzer.sources.arguments import Named
from analyzer.sources.disk import Disk
from analyzer.sources.lint import linted
from analyzer.sources.paths import read_versions

if TYPE_CHECKING:
    from pathlib import Path

    from analyzer.model import Edit, Occurrence

OPTIONS = {"C601": {"service_is_principal": True}}  # rules that exist only where the question is asked in another way


def edits_of_texts(surface: Surface, old: str, new: str, *, service_is_principal: bool = False) -> list[Edit]:
    """Return the edits between two texts."""
    if surface == Surface.STABLE:
        return compare_stable(old, new).edits
    return compare_candid(old, new, service_is_principal=service_is_principal).edits


@cache
def edits_of_paths(surface: Surface, old: Path, new: Path, *, service_is_principal: bool = False) -> list[Edit]:
    """Return the edits between two files, as texts, or between two folders; of a lint, what it finds in the new one."""
    if surface == Surface.STABLE and is_lint(new.parent.name):
        place, base = (Named(Disk(), path, str(path)) for path in (new, old))
        return [edit for one in linted(place, base) for edit in report(one.name, one.found).edits]
    if old.is_dir():
        return compare_versions(read_versions(str(old), str(new)), profile="didc", surfaces=[surface]).edits
    return edits_of_texts(
        surface, old.read_text("utf-8"), new.read_text("utf-8"), service_is_principal=service_is_principal
    )


def occurrences(edits: list[Edit]) -> list[Occurrence]:
    """Return the occurrences of some edits."""
    return [occurrence for edit in edits for occurrence in edit.occurrences]


def rules_met(edits: list[Edit]) -> list[str]:
    """Return the rules that some edits fall under, each once, by id."""
    return sorted({occurrence.rule or "(none)" for occurrence in occurrences(edits)})
