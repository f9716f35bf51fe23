"""The main job on an example: a refusal with its reason, a migration, a rollback by itself, and the history of it all.

Everything is real: an embedded network behind HTTP with certificates, the Context Registry compiled by moc, the same
plan, approval and run as for a canister of one's own.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from analyzer.candid.principal import Principal
from analyzer.policy.accepted import NAME as NAME_OF_ACCEPTED
from analyzer.policy.accepted import Accepted, accepted_text
from analyzer.policy.levels import may_be_accepted
from analyzer.report.drawing import wrapped
from analyzer.report.text import text_lines
from analyzer.report.words import path_text, title
from ctxcheck.backing_up import back_up_snapshot, open_store
from ctxcheck.connection import Connection, Target
from ctxcheck.demonstration import FIRST, FOLDER, fill, module, records
from ctxcheck.modules import module_cache
from ctxcheck.paint import show
from ctxcheck.planning import Options, planned
from ctxcheck.rehearsing import newest_state
from ctxcheck.running import Asked, orchestrated, outcome_lines
from migrator.approval import Blocked, approve, refuse_blocked, write_approval
from migrator.backups.stamp import stamp
from migrator.history import entries, line_of, read
from migrator.network.agent import Agent, fetch_root_key
from migrator.network.environments import Place
from migrator.network.identity import new_key
from migrator.network.management import ManagementClient
from migrator.network.transport import Transport
from migrator.plan.build import CannotUpgrade
from migrator.plan.proven import proven
from migrator.plan.words import proof_words
from migrator.rehearsal.rehearse import rehearse, upgrade_of
from migrator.rehearsal.text import rehearsal_lines
from replica import Replica
from replica.api import ANONYMOUS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.report.drawing import Drawing, Line
    from migrator.plan.file import SavedPlan

NAME = "context_registry"
REFUSED, MIGRATED, WRONG = "v03_optional_field", "v21_optional_field_migrated", "v16_wrong_data"
_CONFIG = f'[canisters.{NAME}.migrate]\ntimers = "rearm"  # after a rollback the old module is put on itself\n'


class Stage(NamedTuple):
    """Where it is played. canister: its id. project: a folder with a ctxcheck.toml."""

    ic: Replica
    connection: Connection
    canister: str

    @property
    def project(self) -> Path:
        """The folder of the project."""
        return self.connection.project

    def plan(self, version: str, message: str, *, skip: str | None = None) -> SavedPlan:
        """Return the plan for a version. skip: why it is not rehearsed. Raises CannotUpgrade."""
        path = self.project / f"{version}.wasm"
        path.write_bytes(gzip.decompress(module(version)))
        return planned(self.connection, [NAME], Options(message, path, skip_rehearsal=skip, quiet=True))


def tour() -> None:
    """Play it on standard output."""
    with _stage() as stage:
        calls = fill(stage.ic, stage.canister)
        before = records(stage.ic, stage.canister)
        _say(
            f"The Context Registry of the migration guide runs on a network of its own: {FIRST}, filled by {calls} "
            f"calls. Its {len(before)} listings show {_count(before)} records."
        )
        _backed_up(stage)
        _refused(stage)
        for act in (_rolled_back, _migrated):
            act(stage)
            after = records(stage.ic, stage.canister)
            odd = [method for method in before if after[method] != before[method]]
            words = f"all {_count(after)} records are there, as old clients read them"
            _tell("looked", f"records differ: {odd}" if odd else words, "breaking" if odd else "safe")
        _history(stage)


@contextmanager
def _stage() -> Iterator[Stage]:
    with (
        tempfile.TemporaryDirectory(prefix="ctxcheck-demo-") as folder,
        Replica(cache=module_cache()) as ic,
        ic.serve() as server,
    ):
        key = new_key()
        transport = Transport(server.url)
        agent = Agent(transport, key, fetch_root_key(transport), clock=time.time_ns)
        canister = ic.create(controllers=[ANONYMOUS, key.sender])
        ic.install(canister, module(FIRST))
        Path(folder, "ctxcheck.toml").write_text(_CONFIG, "utf-8")
        place = Place("demo", server.url, None, {NAME: canister}, None)
        try:
            yield Stage(ic, Connection(Path(folder), place, agent, ManagementClient(agent)), canister)
        finally:
            transport.close()


def _backed_up(stage: Stage) -> None:
    target = Target(NAME, Principal.parse(stage.canister).raw)
    folder = back_up_snapshot(stage.connection, target, stamp(time.time_ns()), open_store(stage.project))
    _tell("ctxcheck backup", f"{folder.name}, of the running canister", "safe")


def _refused(stage: Stage) -> None:
    _say("1. The guide calls an optional field safe: ?Text in a record that is stored.")
    saved = stage.plan(REFUSED, "An e-mail address")
    show(partial(_changes, saved))
    try:
        refuse_blocked(saved, time.time_ns())
    except Blocked as error:
        _tell("ctxcheck migrate", f"refused: {error}", "breaking")
    _rehearsed(stage, saved)


def _rehearsed(stage: Stage, saved: SavedPlan) -> None:
    """Try a plan on the backup, and show what comes of it."""
    (target,) = saved.plan.targets
    _tell("ctxcheck rehearse", "on the backup, in a process of its own", "")
    state = newest_state(stage.project, target, saved.plan.network.url)
    rehearsal = rehearse(state, upgrade_of(saved, target))
    show(partial(rehearsal_lines, rehearsal, proven(saved).changes))


def _migrated(stage: Stage) -> None:
    _say("3. Back to the e-mail address: `ctxcheck suggest` writes the migration that it takes.")
    text = (FOLDER / MIGRATED / "Migration.mo").read_text("utf-8")
    show(lambda _: ([("    " + line, "dim")] for line in text.splitlines()))
    saved = stage.plan(MIGRATED, "An e-mail address, with a migration")
    show(partial(_changes, saved))
    _accept(stage, saved, "moc warns neither of M0206 nor of M0207: what is taken is given back")
    saved = stage.plan(MIGRATED, "An e-mail address, with a migration")
    approval = approve(saved, stage.connection.agent.identity, "read by two of us", time.time_ns())
    write_approval(stage.project / ".ctxcheck", approval)
    _tell("ctxcheck approve", f"plan {saved.short}: {approval.reason}", "safe")
    _run(stage, saved)


def _accept(stage: Stage, saved: SavedPlan, reason: str) -> None:
    """Accept what blocks and may be accepted, as `ctxcheck accept` does."""
    kept, today = [], datetime.now(UTC).date()
    for canister in proven(saved).changes.canisters:
        for edit in canister.edits:
            for one in edit.occurrences:
                if one.blocked_by and may_be_accepted(one):
                    where = path_text(one.root, one.path)
                    by = (reason, "the demo", today, None)
                    kept.append(Accepted(one.fingerprint, canister.name, one.rule or "", title(edit), where, *by))
    (stage.project / NAME_OF_ACCEPTED).write_text(accepted_text(kept), "utf-8")
    for entry in kept:
        _tell("ctxcheck accept", f"{entry.fingerprint[:12]} {entry.rule} {entry.where}: {entry.reason}", "safe")


def _rolled_back(stage: Stage) -> None:
    _say("2. A listing is made faster, by a mistake that no type shows. A rehearsal shows it.")
    try:
        stage.plan(WRONG, "A faster listing")
    except CannotUpgrade as error:
        _tell("ctxcheck plan", str(error), "breaking")
    _say("Somebody plans it all the same, without a rehearsal. The run finds it while the canister still stands still.")
    _run(stage, stage.plan(WRONG, "A faster listing", skip="in a hurry"))


def _run(stage: Stage, saved: SavedPlan) -> None:
    _tell("ctxcheck migrate", f"plan {saved.short}", "")

    def told(words: str) -> None:
        _tell("", words.removeprefix(f"{NAME}: "), "dim")

    outcome = orchestrated(stage.connection, saved, Asked(), told).run()
    show(partial(outcome_lines, outcome, f"{saved.short}.ctx"))


def _history(stage: Stage) -> None:
    _say("4. The history, in git:")
    for entry in entries(read(stage.project / "docs" / "migration-history.md")):
        show(partial(_entry, line_of(entry)))


def _entry(words: str, drawing: Drawing) -> Iterator[Line]:
    yield from wrapped(words, drawing, [("  ", "")], [("    ", "")])


def _changes(saved: SavedPlan, drawing: Drawing) -> Iterator[Line]:
    yield []
    yield from text_lines(proven(saved).changes, drawing)
    for target in saved.plan.targets:
        yield from wrapped(proof_words(target), drawing, [("plan: ", "bold")], [("  ", "")], "dim")


def _say(words: str) -> None:
    show(lambda drawing: iter([[], *wrapped(words, drawing, [], [], "bold")]))
    sys.stdout.flush()


def _tell(command: str, words: str, style: str) -> None:
    lead = [(f"  {command}: ", "bold")] if command else [("    ", "")]
    show(lambda drawing: wrapped(drawing.text(words), drawing, lead, [("    ", "")], style))
    sys.stdout.flush()


def _count(found: dict[str, list[object] | str]) -> int:
    return sum(len(one) for one in found.values() if isinstance(one, list))
