"""One line a finding: `file:line:column: verdict rule: path: effect blocked by: who [fingerprint]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.report.words import blocked_by, clean, path_text, totals
from analyzer.rules import find

if TYPE_CHECKING:
    from analyzer.compare.versions import ChangeSet
    from analyzer.model import Edit, Occurrence


def short_text(changes: ChangeSet) -> str:
    """Return the lines, worst first, and a last one with the totals."""
    lines = [_line(edit, occurrences) for edit in changes.edits for occurrences in _by_rule(edit)]
    return "\n".join([*lines, f"{changes.verdict}: {totals(changes.edits)}"]) + "\n"


def _by_rule(edit: Edit) -> list[list[Occurrence]]:
    parts: dict[object, list[Occurrence]] = {}
    for occurrence in edit.occurrences:
        parts.setdefault(
            (occurrence.rule, occurrence.verdict, bool(occurrence.blocked_by), occurrence.accepted), []
        ).append(occurrence)
    return list(parts.values())


def _line(edit: Edit, occurrences: list[Occurrence]) -> str:
    first = occurrences[0]
    side = edit.new if edit.new.type is not None or edit.old.type is None else edit.old
    at = side.locations[0] if side.locations else None
    where = f"{clean(at.start.source, 300)}:{at.start.line}:{at.start.column}: " if at is not None else ""
    rule = find(first.rule) if first.rule else None
    name = f"{rule.id} {rule.slug}" if rule is not None else edit.kind
    path = path_text(first.root, first.path, " > ")
    more = f" (and {len(occurrences) - 1} more)" if len(occurrences) > 1 else ""
    subject = f"{path}: " if path else ""
    blocked = f"; {blocked_by(first)}" if first.blocked_by else "; accepted" if first.accepted is not None else ""
    return f"{where}{first.verdict} {name}: {subject}{first.effect}{more}{blocked} [{first.fingerprint[:12]}]"
