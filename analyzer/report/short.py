"""One line a finding: `file:line:column: verdict surface kind: path: effect [fingerprint]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.report.words import clean, path_text, totals

if TYPE_CHECKING:
    from analyzer.compare.versions import ChangeSet
    from analyzer.model import Edit


def short_text(changes: ChangeSet) -> str:
    """Return the lines, worst first, and a last one with the totals."""
    lines = [_line(edit) for edit in changes.edits]
    return "\n".join([*lines, f"{changes.verdict}: {totals(changes.edits)}"]) + "\n"


def _line(edit: Edit) -> str:
    first = edit.occurrences[0]
    side = edit.new if edit.new.type is not None or edit.old.type is None else edit.old
    at = side.locations[0] if side.locations else None
    where = f"{clean(at.start.source, 300)}:{at.start.line}:{at.start.column}: " if at is not None else ""
    path = path_text(first.root, first.path, " > ")
    others = len(edit.occurrences) - 1
    more = f" (and {others} more)" if others else ""
    subject = f"{path}: " if path else ""
    return f"{where}{edit.verdict} {edit.surface} {edit.kind}: {subject}{first.effect}{more} [{first.fingerprint[:12]}]"
