"""Real programs, compiled by the real compiler, upgraded by the real runtime: what `versions.toml` says happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from replica import Reject, Replica
from tests.canister.build import versions
from tests.replica.registry import FIRST, LISTINGS, call, fill, module, records

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSIONS = versions()
UPGRADES = [name for name, entry in VERSIONS.items() if "upgrades" in entry]
REFUSED = "refused by the runtime, nothing is lost"


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica() as network:
        yield network


@pytest.fixture(scope="module")
def filled(ic: Replica) -> str:
    """Return a canister of the first version with something in every collection."""
    canister = ic.create()
    ic.install(canister, module(FIRST))
    fill(ic, canister)
    assert all(records(ic, canister).values())
    return canister


def before(version: str) -> list[str]:
    """Return the versions that lead to one, the first version left out."""
    old = VERSIONS[version]["upgrades"]
    return [] if old == FIRST else [*before(old), old]


def upgraded(ic: Replica, canister: str, version: str) -> None:
    for one in (*before(version), version):
        ic.upgrade(canister, module(one), persistence="keep")


KEPT = [
    name
    for name in UPGRADES
    if VERSIONS[name]["runs"].startswith("every record is kept") and "one season" not in VERSIONS[name]["runs"]
]


@pytest.mark.parametrize("version", KEPT)
def test_every_record_is_kept(ic: Replica, filled: str, version: str) -> None:
    with ic.fork(filled) as trial:
        expected = records(ic, trial)
        upgraded(ic, trial, version)
        assert records(ic, trial) == expected


@pytest.mark.parametrize("version", [name for name in UPGRADES if VERSIONS[name]["runs"] == REFUSED])
def test_what_the_runtime_refuses(ic: Replica, filled: str, version: str) -> None:
    with ic.fork(filled) as trial:
        for one in before(version):
            ic.upgrade(trial, module(one), persistence="keep")
        expected, running = records(ic, trial), ic.module_hash(trial)
        with pytest.raises(Reject) as raised:
            ic.upgrade(trial, module(version), persistence="keep")
        assert "Memory-incompatible program upgrade" in raised.value.message
        assert (records(ic, trial), ic.module_hash(trial)) == (expected, running)
        # The old version goes on, with writes too.
        call(ic, trial, FIRST, "setMetadata", '("after", "the attempt")')
        assert len(records(ic, trial)["listMetadata"]) == len(expected["listMetadata"]) + 1


def test_an_upgrade_that_traps_leaves_the_old_version(ic: Replica, filled: str) -> None:
    with ic.fork(filled) as trial:
        expected = records(ic, trial)
        with pytest.raises(Reject) as raised:
            ic.upgrade(trial, module("v15_traps"), persistence="keep")
        assert raised.value.error_code in ("IC0502", "IC0503")
        assert records(ic, trial) == expected


def test_a_migration_that_drops_data_drops_that_alone(ic: Replica, filled: str) -> None:
    with ic.fork(filled) as trial:
        expected = records(ic, trial)
        ic.upgrade(trial, module("v13_drops_data"), persistence="keep")
        listings = [method for method in LISTINGS if method in ic.methods(trial)]
        after: dict[str, Any] = {method: call(ic, trial, FIRST, method)[0] for method in listings}
        assert after.pop("recentEvents", []) == []
        assert after == {method: expected[method] for method in after}


def test_a_wrong_program_upgrades_all_the_same(ic: Replica, filled: str) -> None:
    with ic.fork(filled) as trial:
        expected = records(ic, trial)
        ic.upgrade(trial, module("v16_wrong_data"), persistence="keep")
        after = records(ic, trial)
        assert (len(after.pop("listSeasons")), len(expected.pop("listSeasons"))) == (1, 2)
        assert after == expected
        assert all(call(ic, trial, FIRST, "getSeason", f"({number} : nat)")[0] is not None for number in (1, 2))


def test_what_becomes_of_old_clients(ic: Replica, filled: str) -> None:
    with ic.fork(filled) as trial:
        ic.upgrade(trial, module("v06_function_removed"), persistence="keep")
        assert "removeSeason" not in ic.methods(trial)
        with pytest.raises(Reject) as gone:
            ic.update(trial, "removeSeason", b"DIDL\x00\x01\x7d\x00")
        assert gone.value.error_code == "IC0536"
    with ic.fork(filled) as trial:
        ic.upgrade(trial, module("v07_signature_changed"), persistence="keep")
        with pytest.raises(Reject) as refused:
            call(ic, trial, FIRST, "getFileReference", '("a/b.md")')
        assert refused.value.error_code in ("IC0502", "IC0503")


def test_an_upgrade_has_to_say_that_memory_is_kept(ic: Replica, filled: str) -> None:
    with ic.fork(filled) as trial:
        with pytest.raises(Reject, match="Missing upgrade option"):
            ic.upgrade(trial, module("v02_safe_additions"))
        ic.upgrade(trial, module("v02_safe_additions"), persistence="replace")
        # Who replaces the memory loses all that is in it.
        assert not any(records(ic, trial).values())


def test_queries_leave_no_trace_and_traps_neither(ic: Replica, filled: str) -> None:
    with ic.fork(filled) as trial:
        expected = records(ic, trial)
        for _ in range(3):
            assert records(ic, trial) == expected
        with pytest.raises(Reject):
            ic.update(trial, "createSeason", b"DIDL\x00\x00")
        assert records(ic, trial) == expected


def test_a_snapshot_brings_back_what_was(ic: Replica, filled: str) -> None:
    with ic.fork(filled) as trial:
        expected, kept = records(ic, trial), ic.snapshot(trial)
        call(ic, trial, FIRST, "createSeason", '("Autumn", 9 : int)')
        ic.upgrade(trial, module("v13_drops_data"), persistence="keep")
        ic.load(trial, kept)
        assert records(ic, trial) == expected


def test_timers_ring(ic: Replica, filled: str) -> None:
    with ic.fork(filled) as trial:
        before_it = call(ic, trial, FIRST, "getTicks")[0]
        ic.advance_time(24 * 3600)
        assert call(ic, trial, FIRST, "getTicks")[0] > before_it
