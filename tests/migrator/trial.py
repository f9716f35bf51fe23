"""A canister with a plan for it, the runs of which are looked at; and how they are cut off."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from analyzer.candid.principal import Principal
from migrator.approval import approve, write_approval
from migrator.journal.file import read_journal
from migrator.journal.replay import replay
from migrator.network.operations import NetworkOperations
from migrator.orchestrator import MigrationOrchestrator
from migrator.plan.build import WantedCheck
from migrator.recover import Seen, SnapshotSeen
from tests.migrator.killing import Points, counted
from tests.migrator.live import NAME
from tests.replica import registry
from tests.shared import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from migrator.network.management import CanisterStatus
    from migrator.plan.file import SavedPlan
    from tests.migrator.live import Place

SAFE, TRAPS, WRONG = "v02_safe_additions", "v15_traps", "v16_wrong_data"
KEPT = (WantedCheck("getCurrentTime"), WantedCheck("listSeasons", expects="kept"))


class Trial:
    """A canister, a plan for it that is approved, and the folder of its runs."""

    def __init__(self, there: Place, folder: Path, version: str, *, approved: bool = True, **more: object) -> None:
        self.there, self.folder = there, folder / ".ctxcheck"
        self.canister = there.registry()
        self.before = self.records()
        self.saved: SavedPlan = there.plan(self.canister, version, checks=KEPT, **more)
        self.version = self.status().version or 0
        if approved:
            write_approval(self.folder, approve(self.saved, there.key, "a test", time.time_ns()))

    def orchestrator(
        self,
        kind: type[MigrationOrchestrator] = MigrationOrchestrator,
        **more: Any,  # noqa: ANN401
    ) -> MigrationOrchestrator:
        return kind(self.saved, NetworkOperations(self.there.agent), self.folder, **more)

    def grown(self) -> int:
        """Return by how much the canister's version grew since."""
        return (self.status().version or 0) - self.version

    @property
    def has_run(self) -> bool:
        return any((self.folder / "runs").glob("*/plan.ctx"))

    @property
    def run(self) -> str:
        (found,) = (self.folder / "runs").iterdir()
        return found.name

    def journal(self) -> list[Any]:
        return read_journal(self.folder / "runs" / self.run)

    def made(self) -> list[str]:
        return replay(self.journal()).of(NAME).made

    def status(self) -> CanisterStatus:
        return NetworkOperations(self.there.agent).status(Principal.parse(self.canister).raw)

    def records(self) -> dict[str, list[Any] | str]:
        return registry.records(self.there.ic, self.canister)

    def is_new(self) -> bool:
        return bool((self.status().module_hash or b"").hex() == self.saved.plan.targets[0].new.module)

    def whole(self, *, new: bool) -> None:
        """Look whether it runs as it should, with all records, and nothing is left over."""
        assert self.status().status == "running"
        assert self.is_new() == new
        if not new:
            assert self.records() == self.before
        assert not list((self.folder / "runs" / self.run).glob("envelopes/*"))


def counted_points(there: Place, folder: Path, version: str) -> tuple[int, int]:
    """Return how many points a run passes, and by how much the canister's version grows."""
    trial = Trial(there, folder, version)
    points = Points(None)
    with counted(points):
        trial.orchestrator().run()
    return len(points.passed), trial.grown()


def kill(there: Place, trial: Trial, folder: Path, point: int) -> None:
    plan, key = folder / "plan.ctx", folder / "key.pem"
    plan.write_bytes(trial.saved.data)
    key.write_bytes(there.pem)
    command = [sys.executable, "-m", "tests.migrator.killed", there.agent.transport.url, str(trial.folder), str(plan)]
    done = subprocess.run([*command, str(key), str(point)], cwd=ROOT, timeout=60, check=False, capture_output=True)
    assert done.returncode == -9, done.stderr


def seen(trial: Trial) -> Seen:
    raw = Principal.parse(trial.canister).raw
    operations = NetworkOperations(trial.there.agent)
    snapshots = [
        SnapshotSeen(
            one,
            operations.snapshot_module_hash(raw, one.id),
            operations.snapshot_metadata(raw, one.id)["canister_version"],
            timer=False,
        )
        for one in operations.snapshots(raw)
    ]
    return Seen(NAME, operations.read_certified(raw), operations.status(raw), snapshots)
