"""Runs of plans on a network with real canisters: how they end, wherever they fail, and wherever they are cut off."""

from __future__ import annotations

import subprocess
import sys
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from analyzer.candid.principal import Principal
from migrator.approval import NotApproved, approve, write_approval
from migrator.failures import OperatorNeeded
from migrator.journal.file import read_journal
from migrator.journal.replay import replay
from migrator.lock import LockHeld, locked
from migrator.network.operations import NetworkOperations
from migrator.orchestrator import MigrationOrchestrator
from migrator.plan.build import WantedCheck
from migrator.plan.model import Rollback
from migrator.recover import Seen, SnapshotSeen, diagnose
from tests.migrator.killing import Killed, Points, counted
from tests.migrator.live import NAME, Place, place
from tests.replica import registry
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from migrator.context import Context
    from migrator.network.management import CanisterStatus
    from migrator.outcome import Outcome
    from migrator.plan.file import SavedPlan

SAFE, TRAPS, WRONG = "v02_safe_additions", "v15_traps", "v16_wrong_data"
KEPT = (WantedCheck("getCurrentTime"), WantedCheck("listSeasons", expects="kept"))


@pytest.fixture(scope="module")
def there() -> Iterator[Place]:
    with place() as found:
        yield found


class Trial:
    """A canister, a plan for it that is approved, and the folder of its runs."""

    def __init__(self, there: Place, folder: Path, version: str, *, approved: bool = True, **more: object) -> None:
        self.there, self.folder = there, folder / ".ctxcheck"
        self.canister = there.registry()
        self.before = self.records()
        self.saved: SavedPlan = there.plan(self.canister, version, checks=KEPT, **more)
        self.version = _version(self)
        if approved:
            write_approval(self.folder, approve(self.saved, there.key, "a test", time.time_ns()))

    def orchestrator(
        self,
        kind: type[MigrationOrchestrator] = MigrationOrchestrator,
        **more: Any,  # noqa: ANN401
    ) -> MigrationOrchestrator:
        return kind(self.saved, NetworkOperations(self.there.agent), self.folder, **more)

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


ENDS = [
    pytest.param(SAFE, {}, "committed", 0, ["stop:stop", "snapshot:take_snapshot", "install:install", "start:start"],
                 id="a safe change is committed"),
    pytest.param(TRAPS, {}, "refused", 5, ["stop:stop", "snapshot:take_snapshot", "stop:start"],
                 id="one that traps leaves the old version, and no snapshot is loaded"),
    pytest.param(WRONG, {}, "rolled back", 8,
                 ["stop:stop", "snapshot:take_snapshot", "install:install", "start:start", "start:stop",
                  "install:load_snapshot", "stop:start"],
                 id="one that loses a season is rolled back, since nobody has written"),
    pytest.param(WRONG, {"rollback": Rollback("never", "report")}, "operator needed", 6,
                 ["stop:stop", "snapshot:take_snapshot", "install:install", "start:start"],
                 id="a plan that never rolls back after the start needs an operator"),
    pytest.param(WRONG, {"rollback": Rollback("unchanged", "rearm")}, "rolled back", 8,
                 ["stop:stop", "snapshot:take_snapshot", "install:install", "start:start", "start:stop",
                  "install:load_snapshot", "install:rearm", "stop:start"],
                 id="timers are armed by the old module, where the plan says so"),
]  # fmt: skip


@pytest.mark.parametrize(("version", "more", "word", "code", "made"), ENDS)
def test_how_runs_end(
    there: Place, tmp_path: Path, version: str, more: dict[str, Any], word: str, code: int, made: list[str]
) -> None:
    trial = Trial(there, tmp_path, version, **more)
    outcome = trial.orchestrator().run()
    assert (outcome.targets[0].word, outcome.exit_code) == (word, code), outcome
    assert trial.made() == made
    assert trial.status().status == "running"
    assert trial.is_new() == (word in ("committed", "operator needed"))
    if word != "operator needed":
        trial.whole(new=word == "committed")


def test_a_rolled_back_registry_has_every_record(there: Place, tmp_path: Path) -> None:
    trial = Trial(there, tmp_path, WRONG)
    trial.orchestrator().run()
    assert trial.records() == trial.before


def test_without_an_approval_nothing_is_begun(there: Place, tmp_path: Path) -> None:
    trial = Trial(there, tmp_path, "v04_case_in_pure_map", approved=False)
    with pytest.raises(Exception, match="block and are not accepted") as found:
        trial.orchestrator().run()
    assert found.value.exit_code == 1  # type: ignore[attr-defined]
    assert not (trial.folder / "runs").exists()


def test_a_safe_change_needs_no_approval_here_and_one_elsewhere(there: Place, tmp_path: Path) -> None:
    trial = Trial(there, tmp_path, SAFE, approved=False)
    elsewhere = trial.saved.plan._replace(network=trial.saved.plan.network._replace(local=False))
    from migrator.plan.file import packed  # noqa: PLC0415

    trial.saved, here = packed(elsewhere, trial.saved.blobs.values()), trial.saved
    with pytest.raises(NotApproved):
        trial.orchestrator().run()
    trial.saved = here
    assert trial.orchestrator().run().exit_code == 0


def test_only_one_run_at_a_time(there: Place, tmp_path: Path) -> None:
    trial = Trial(there, tmp_path, SAFE)
    with locked(trial.folder, there.network.root_key, [trial.canister], "another"), pytest.raises(LockHeld):
        trial.orchestrator().run()


def test_a_stale_plan_says_what_differs(there: Place, tmp_path: Path) -> None:
    trial = Trial(there, tmp_path, SAFE)
    there.ic.upgrade(trial.canister, registry.module(SAFE), persistence="keep")
    outcome = trial.orchestrator().run()
    assert outcome.exit_code == 4
    assert "the module" in str(outcome.error)


def test_held_before_the_start_and_gone_on_with(there: Place, tmp_path: Path) -> None:
    trial = Trial(there, tmp_path, SAFE)
    held = trial.orchestrator(hold=True).run()
    assert (held.targets[0].word, held.exit_code, trial.status().status) == ("held", 6, "stopped")
    with pytest.raises(OperatorNeeded):
        trial.orchestrator().run()
    assert trial.orchestrator().resume(held.run).exit_code == 0
    trial.whole(new=True)


def test_a_held_run_is_rolled_back(there: Place, tmp_path: Path) -> None:
    trial = Trial(there, tmp_path, SAFE)
    held = trial.orchestrator(hold=True).run()
    assert trial.orchestrator().roll_back(held.run, "no").exit_code == 8
    trial.whole(new=False)


def test_after_a_write_only_the_operator_rolls_back(there: Place, tmp_path: Path) -> None:
    trial = Trial(there, tmp_path, SAFE)
    run = trial.orchestrator().run().run
    registry.call(there.ic, trial.canister, SAFE, "setMetadata", '("new", "written after the start")')
    assert trial.orchestrator().roll_back(run, "no").exit_code == 6
    assert trial.is_new()
    assert trial.orchestrator().roll_back(run, "no", forced=True).exit_code == 8
    trial.whole(new=False)


def test_what_somebody_else_installed_is_never_taken_back(there: Place, tmp_path: Path) -> None:
    trial = Trial(there, tmp_path, SAFE)
    run = trial.orchestrator().run().run
    there.ic.reinstall(trial.canister, registry.module("v06_function_removed"))
    outcome = trial.orchestrator().roll_back(run, "no", forced=True)
    assert outcome.exit_code == 6
    assert there.ic.module_hash(trial.canister) == sha256(registry.module("v06_function_removed")).digest()


class FailsBefore(MigrationOrchestrator):
    """One hook of a project that says no."""

    def before_install(self, at: Context) -> None:
        msg = f"not {at.target.name}"
        raise RuntimeError(msg)


class FailsAfter(MigrationOrchestrator):
    """One that says no when the new version is there; on_failure hears of it."""

    heard: str = ""

    def after_verify_stopped(self, at: Context) -> None:
        msg = f"not {at.target.name}"
        raise RuntimeError(msg)

    def on_failure(self, step: str, at: Context, error: Exception) -> None:
        assert at.target.name == NAME
        type(self).heard = f"{step}: {error}"


@pytest.mark.parametrize(
    ("kind", "word", "code"),
    [
        pytest.param(FailsBefore, "refused", 5, id="before the upgrade"),
        pytest.param(FailsAfter, "rolled back", 8, id="after it"),
    ],
)
def test_a_hook_that_fails(
    there: Place, tmp_path: Path, kind: type[MigrationOrchestrator], word: str, code: int
) -> None:
    trial = Trial(there, tmp_path, SAFE)
    outcome = trial.orchestrator(kind).run()
    assert (outcome.targets[0].word, outcome.exit_code) == (word, code)
    assert trial.records() == trial.before
    if kind is FailsAfter:
        assert FailsAfter.heard.startswith("verify_stopped: ")


def test_a_command_hook_gets_json_and_may_say_no(there: Place, tmp_path: Path) -> None:
    trial = Trial(there, tmp_path, SAFE)
    write = "import json,sys; open(sys.argv[1],'a').write(json.load(sys.stdin)['hook']+' '); sys.exit(int(sys.argv[2]))"
    said = tmp_path / "said"
    hooks = {
        "before_stop": [sys.executable, "-c", write, str(said), "0"],
        "before_start": [sys.executable, "-c", write, str(said), "3"],
        "on_failure": [sys.executable, "-c", write, str(said), "0"],
    }
    assert trial.orchestrator(commands=hooks).run().exit_code == 8
    assert said.read_text().split() == ["before_stop", "before_start", "on_failure"]
    assert trial.records() == trial.before


# Cut off.

EXPECTED = {SAFE: ("committed", 0), WRONG: ("rolled back", 8), TRAPS: ("refused", 5)}


def _version(trial: Trial) -> int:
    version = trial.status().version
    assert version is not None
    return version


def _counted(there: Place, folder: Path, version: str) -> tuple[int, int]:
    """Return how many points a run passes, and by how much the canister's version grows."""
    trial = Trial(there, folder, version)
    points = Points(None)
    with counted(points):
        trial.orchestrator().run()
    return len(points.passed), _version(trial) - trial.version


def _ends_well(trial: Trial, version: str, grown: int, point: object, outcome: Outcome) -> None:
    word, code = EXPECTED[version]
    assert (outcome.targets[0].word, outcome.exit_code) == (word, code), point
    assert _version(trial) - trial.version == grown, f"{point}: something was done twice"
    trial.whole(new=word == "committed")
    assert len(NetworkOperations(trial.there.agent).snapshots(Principal.parse(trial.canister).raw)) <= 1


@pytest.mark.parametrize(("version", "every"), [(SAFE, 9), (WRONG, 11), (TRAPS, 13)])
def test_a_run_that_is_cut_off_goes_on(there: Place, tmp_path: Path, version: str, every: int) -> None:
    count, grown = _counted(there, tmp_path / "whole", version)
    for point in range(version.count("_") % every, count, every):
        trial = Trial(there, tmp_path / str(point), version)
        points = Points(point)
        try:
            with counted(points):
                trial.orchestrator().run()
        except Killed:
            pass
        outcome = trial.orchestrator().resume(trial.run)
        _ends_well(trial, version, grown, points.passed[-1], outcome)


@pytest.mark.parametrize("point", [30, 55, 80])
def test_a_process_that_is_killed_goes_on(there: Place, tmp_path: Path, point: int) -> None:
    count, grown = _counted(there, tmp_path / "whole", SAFE)
    assert point < count
    trial = Trial(there, tmp_path, SAFE)
    _kill(there, trial, tmp_path, point)
    _ends_well(trial, SAFE, grown, point, trial.orchestrator().resume(trial.run))


def _kill(there: Place, trial: Trial, folder: Path, point: int) -> None:
    plan, key = folder / "plan.ctx", folder / "key.pem"
    plan.write_bytes(trial.saved.data)
    key.write_bytes(there.pem)
    command = [sys.executable, "-m", "tests.migrator.killed", there.agent.transport.url, str(trial.folder), str(plan)]
    done = subprocess.run([*command, str(key), str(point)], cwd=ROOT, timeout=60, check=False, capture_output=True)
    assert done.returncode == -9, done.stderr


@pytest.mark.parametrize(
    ("step", "state", "safe"),
    [
        pytest.param("stop", "stopped, no snapshot", ["icp canister start"], id="after the stop"),
        pytest.param("snapshot", "stopped, old", ["icp canister start"], id="after the snapshot"),
        pytest.param(
            "install", "stopped, new", ["icp canister start", "icp canister snapshot restore"], id="after the upgrade"
        ),
        pytest.param("start", "running", ["ctxcheck verify"], id="after the start"),
    ],
)
def test_recovered_without_a_journal(there: Place, tmp_path: Path, step: str, state: str, safe: list[str]) -> None:
    trial = Trial(there, tmp_path, SAFE)
    names: list[str] = []

    def end(self: MigrationOrchestrator, name: str, at: Context) -> None:
        original(self, name, at)
        names.append(name)
        if name == step:
            raise Killed

    original = MigrationOrchestrator._step
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(MigrationOrchestrator, "_step", end)
        with pytest.raises(Killed):
            trial.orchestrator().run()
    found = diagnose(_seen(trial), "-n test")
    assert found.state == state
    assert [
        one.text[: len(words)] for one, words in zip([c for c in found.commands if c.safe], safe, strict=True)
    ] == safe


def _seen(trial: Trial) -> Seen:
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
