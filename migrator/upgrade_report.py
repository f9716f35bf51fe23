"""One upgrade as one document: its plan with certificates and bytes, its approvals, its journal. It proves itself.

Everything in it is looked at again without a network: the plan by its bytes and its certificates, approvals by their
signatures, the journal by its chain of hashes. `ctxcheck.upgrade/1`; also inside a page of HTML.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from analyzer.errors import SourceError
from analyzer.report.words import clean
from migrator import runs
from migrator.approval import Approval, NotApproved, granted, is_valid
from migrator.journal.file import DamagedJournal, read_journal, read_records
from migrator.journal.replay import RunState, replay
from migrator.plan.file import PlanError, SavedPlan, unpacked
from migrator.plan.form import Malformed, from_json
from migrator.plan.proven import Proven, proven
from migrator.plan.words import moment, proof_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from migrator.journal.record import Record

SCHEMA: Literal["ctxcheck.upgrade/1"] = "ctxcheck.upgrade/1"
_DATA = re.compile(r'<script type="application/json">(.*?)</script>', re.DOTALL)
_MOST = 512 << 20  # bytes of a report


class UpgradeReport(NamedTuple):
    """A plan, and what the journal of one run of it says."""

    saved: SavedPlan
    records: list[Record]

    @property
    def state(self) -> RunState:
        """Where the run is, by its journal."""
        return replay(self.records)

    @property
    def approvals(self) -> list[Approval]:
        """Those that the run was begun with. Raises Malformed."""
        given = self.records[0].data.get("approvals", []) if self.records else []
        return [from_json(Approval, one, "approval") for one in given]


class Verified(NamedTuple):
    """What was looked at again. found: the plan's changes. lines: what held, in words."""

    found: Proven
    lines: list[str]


def report_of_run(folder: Path, run: str) -> UpgradeReport:
    """Return the report of a run. folder: `.ctxcheck`. Raises UsageError, PlanError, DamagedJournal, SourceError."""
    return UpgradeReport(runs.plan_of(folder, run), read_journal(runs.folder_of(folder, run)))


def document(report: UpgradeReport) -> dict[str, Any]:
    """Return a report as JSON values."""
    return {
        "schema": SCHEMA,
        "plan": base64.b64encode(report.saved.data).decode(),
        "journal": [record.line().decode().rstrip("\n") for record in report.records],
    }


def read_report(text: str, where: str) -> UpgradeReport:
    """Return the report of a JSON document, or of the page that carries it.

    Raises SourceError: it is none; PlanError: what is in it was changed.
    """
    found = _DATA.search(text)
    try:
        told = json.loads(found[1] if found else text)
        plan, journal = base64.b64decode(told["plan"], validate=True), told["journal"]
        known = told["schema"] == SCHEMA and isinstance(journal, list)
        lines = "".join(f"{line}\n" for line in journal if isinstance(line, str))
    except (ValueError, KeyError, TypeError, RecursionError):
        known, plan, lines = False, b"", ""
    if not known:
        msg = "this is no report of an upgrade"
        raise SourceError(msg, where=where, hint="ctxcheck show RUN --format html writes one")
    try:
        return UpgradeReport(unpacked(plan, where), read_records(lines.encode(), where))
    except DamagedJournal as error:
        raise _contradicts(error.what) from None


def verified(report: UpgradeReport) -> Verified:
    """Look at all of a report again. Raises PlanError: something in it is not so."""
    saved, state = report.saved, report.state
    found = proven(saved)
    lines = [f"plan {saved.digest}: its bytes are those that its name says"]
    for target in saved.plan.targets:
        how = "certified, by the network's key" if target.old.is_certified else "NOT all of it certified"
        lines.append(f"{target.name}: what ran before is {how}, {moment(target.old.time)}")
        if target.proof.rehearsed is not None:
            lines.append(f"{target.name}: {proof_words(target)}: the rehearsal is in it, of these two modules")
    blocking = sum(bool(one.blocked_by) for one in found.changes.occurrences)
    lines.append(f"changes: {len(found.changes.occurrences)} found again from both sides, {blocking} block")
    lines += [f"note: {note}" for note in found.notes]
    if not report.records:
        lines.append("journal: there is none")
        return Verified(found, lines)
    if state.plan != saved.digest:
        why = "the journal is of another plan"
        raise _contradicts(why)
    lines.append(f"journal: {len(report.records)} lines, each chained to the one before")
    lines += _approved(report)
    lines += _ended(report)
    return Verified(found, lines)


def _approved(report: UpgradeReport) -> Iterator[str]:
    saved = report.saved
    try:
        approvals = report.approvals
    except Malformed as error:
        why = f"an approval is none: {error}"
        raise _contradicts(why) from None
    for one in approvals:
        if one.plan != saved.digest or not is_valid(one):
            why = f"the approval of {one.approver[:80]} is not signed by that key, or is about another plan"
            raise _contradicts(why)
        yield f"approved by {one.approver}, signed: {one.reason}"
    try:
        granted(saved, approvals, report.records[0].time, local=saved.plan.network.local)
    except NotApproved as error:
        why = f"it ran without being allowed to: {error}"
        raise _contradicts(why) from None


def _ended(report: UpgradeReport) -> Iterator[str]:
    for target in report.saved.plan.targets:
        progress = report.state.of(target.name)
        compared, comparison = progress.facts.get("compared"), progress.facts.get("comparison")
        if isinstance(comparison, dict):
            same = compared is None or (comparison.get("kept") is True and comparison.get("values") == compared)
            if not same:
                why = f"the comparison of {target.name} shows something else than the journal says of it"
                raise _contradicts(why)
            yield f"{target.name}: before and after: {clean(str(comparison.get('summary')), 300)}"
        count = f"; {compared:,} values compared" if isinstance(compared, int) else ""
        unseen = progress.facts.get("unseen")
        count += f"; of type Any, and not compared: {', '.join(map(str, unseen))}" if unseen else ""
        yield f"{target.name}: {progress.outcome or 'not over'}{count}"


def _contradicts(why: str) -> PlanError:
    return PlanError(f"the report contradicts itself: {why}", hint="ask for it again, from who ran the upgrade")
