"""Runs of plans on a network with real canisters: how they end, wherever they fail, and wherever they are cut off."""

from __future__ import annotations

import sys
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from analyzer.candid.principal import Principal
from migrator.approval import NotApproved
from migrator.failures import OperatorNeeded
from migrator.lock import LockHeld, locked
from migrator.network.operations import NetworkOperations
from migrator.orchestrator import MigrationOrchestrator
from migrator.plan.build import About, Wanted, make_plan
from migrator.plan.file import packed
from migrator.plan.model import Rollback
from migrator.recover import diagnose
from replica.faults import Fault
from tests.migrator.killing import Killed
from tests.migrator.live import NAME, Place, place
from tests.migrator.trial import SAFE, TRAPS, WRONG, Trial, seen
from tests.proof.runs import ends
from tests.replica import registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from migrator.context import Context
    from migrator.network.canister import CertifiedCanister


@pytest.fixture(scope="module")
def there() -> Iterator[Place]:
    with place() as found:
        yield found


ENDS = [
    pytest.param(SAFE, {}, "committed", 0, ["stop:stop", "snapshot:take_snapshot", "install:install", "start:start"],
                 id="a safe change is committed"),
    pytest.param(TRAPS, {}, "refused", 5, ["stop:stop", "snapshot:take_snapshot", "stop:start"],
                 id="one that traps leaves the old version, and no snapshot is loaded"),
    pytest.param(WRONG, {}, "rolled back", 8,
                 ["stop:stop", "snapshot:take_snapshot", "install:install", "start:start", "start:stop",
                  "install:load_snapshot", "install:take_snapshot", "install:delete_snapshot", "stop:start"],
                 id="one that loses a season is rolled back, since nobody has written"),
    pytest.param(WRONG, {"rollback": Rollback("never", "report")}, "operator needed", 6,
                 ["stop:stop", "snapshot:take_snapshot", "install:install", "start:start"],
                 id="a plan that never rolls back after the start needs an operator"),
    pytest.param(WRONG, {"rollback": Rollback("unchanged", "rearm")}, "rolled back", 8,
                 ["stop:stop", "snapshot:take_snapshot", "install:install", "start:start", "start:stop",
                  "install:load_snapshot", "install:rearm", "install:take_snapshot", "install:delete_snapshot",
                  "stop:start"],
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


@pytest.mark.parametrize("method", ["stop_canister", "take_canister_snapshot", "install_code", "start_canister"])
def test_what_one_machine_calls_refused_is_looked_at(there: Place, tmp_path: Path, method: str) -> None:
    """A gateway passes a change on, and says that it was not taken in: what is certified counts."""
    trial = Trial(there, tmp_path, SAFE)
    there.ic.faults.add("call", Fault("denied", method=method, message="not today"))
    told: list[str] = []
    outcome = trial.orchestrator(told=told.append).run()
    assert outcome.exit_code == 0, outcome.error
    assert any("not today; one machine says so" in line for line in told)
    trial.whole(new=True)


def test_a_fault_of_ours_is_a_step_that_failed(there: Place, tmp_path: Path) -> None:
    class Faulty(NetworkOperations):
        def read_certified(self, canister: bytes) -> CertifiedCanister:
            found = super().read_certified(canister)
            if found.module_hash == sha256(registry.module(SAFE)).digest() and not hurt:
                hurt.append(True)
                msg = "nobody thought of this"
                raise KeyError(msg)
            return found

    hurt: list[bool] = []
    trial = Trial(there, tmp_path, SAFE)
    run = MigrationOrchestrator(trial.saved, Faulty(there.agent), trial.folder)
    outcome = run.run()
    assert (outcome.exit_code, hurt) == (8, [True])
    assert "a fault of ctxcheck: KeyError" in str(outcome.targets[0].why)
    trial.whole(new=False)


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


def test_several_canisters_in_their_order_until_one_fails(there: Place, tmp_path: Path) -> None:
    names = [there.registry() for _ in range(3)]
    versions = {"first": SAFE, "second": TRAPS, "third": SAFE}
    wanted = [
        Wanted(name, registry.module(version), there.live(canister), after=("first",) if name != "first" else ())
        for canister, (name, version) in zip(names, versions.items(), strict=True)
    ]
    about = About("0.1.0", there.network, str(Principal(there.key.sender)), "All of them")
    saved = make_plan(about, [wanted[1], wanted[0], wanted[2]])
    assert saved.plan.targets[0].name == "first"
    orchestrator = MigrationOrchestrator(saved, NetworkOperations(there.agent), tmp_path / ".ctxcheck")
    outcome = orchestrator.run()
    assert {one.name: one.word for one in outcome.targets} == {
        "first": "committed", "second": "refused", "third": "not begun",
    }  # fmt: skip
    assert outcome.exit_code == 5
    hashes = [there.ic.module_hash(name) for name in names]
    first = sha256(registry.module(registry.FIRST)).digest()
    assert hashes == [sha256(registry.module(SAFE)).digest(), first, first]
    assert not any(there.ic.is_stopped(name) for name in names)


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


@pytest.mark.parametrize(
    ("count", "by_signal"),
    [
        pytest.param(14, False, id="in place, at every seventh point or so"),
        pytest.param(2, True, id="by SIGKILL, at some points"),
    ],
)
def test_a_run_that_is_cut_off_goes_on(count: int, by_signal: bool) -> None:
    assert [one for one in ends(count, by_signal=by_signal) if one.wrong] == []


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
    found = diagnose(seen(trial), "-n test")
    assert found.state == state
    assert [
        one.text[: len(words)] for one, words in zip([c for c in found.commands if c.safe], safe, strict=True)
    ] == safe
