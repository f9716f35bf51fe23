"""What is looked at before a plan is made: outcomes by what a canister, a build and a machine are like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from analyzer.candid.values import Case, Some
from migrator.plan.model import Build
from migrator.plan.prechecks import Looked, prechecks
from tests.migrator.live import Place, place
from tests.replica import registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from migrator.plan.build import Live

CLEAN = Build("dfx build app", "0" * 40, False, None, None)
MIB = 1 << 20


@pytest.fixture(scope="module")
def there() -> Iterator[Place]:
    with place() as found:
        yield found


@pytest.fixture(scope="module")
def live(there: Place) -> Live:
    return there.live(there.registry())


def looked(there: Place, live: Live, folder: Path, **more: Any) -> Looked:  # noqa: ANN401 - of many fields
    status = live.status
    assert status is not None
    settings = {**status.settings, **more.pop("settings", {})}
    status = status._replace(
        settings=settings, **{name: more.pop(name) for name in list(more) if name in status._fields}
    )
    live = live._replace(status=None if more.pop("unseen", False) else status, snapshots=more.pop("snapshots", 0))
    asked = {
        "live": live, "name": "app", "sender": there.key.sender, "module": registry.module("v02_safe_additions"),
        "build": CLEAN, "local": False, "allowed_dirty": False, "taken": 2, "needed": 10**9, "project": folder,
        "copies": 2, "now": live.certified.time, **more,
    }  # fmt: skip
    return Looked(**asked)


CASES = [
    pytest.param({}, "G1", "pass", "nothing uncommitted", id="a clean commit"),
    pytest.param({"build": CLEAN._replace(dirty=True)}, "G1", "refuse", "--allow-dirty", id="changes, elsewhere"),
    pytest.param({"build": CLEAN._replace(dirty=True), "local": True}, "G1", "warn", "does not hold", id="changes, here"),
    pytest.param({"build": CLEAN._replace(commit=None), "allowed_dirty": True}, "G1", "warn", "no commit", id="no commit, allowed"),
    pytest.param({"build": CLEAN._replace(commit=None)}, "G1", "refuse", "no commit", id="no commit"),
    pytest.param({}, "G2", "pass", "no migration function is needed", id="none is missed under EOP"),
    pytest.param({"needed": 10**18}, "F8", "refuse", "top-up", id="too few cycles"),
    pytest.param({"sender": b"\x09\x09\x02"}, "F9", "refuse", "no controller", id="somebody else"),
    pytest.param({"sender": b"\x09\x09\x02", "proposed": True}, "F9", "warn", "no controller", id="somebody who proposes"),
    pytest.param({"snapshots": 9}, "F20", "refuse", "9 of 10", id="no room for two snapshots"),
    pytest.param({"snapshots": 9, "taken": 1}, "F20", "pass", "9 of 10", id="room for one"),
    pytest.param({"settings": {"wasm_memory_limit": Some(5 * MIB)}}, "F21", "warn", "wasm_memory_limit", id="near its memory limit"),
    pytest.param({"idle_cycles_burned_per_day": 10**14 // 8, "freezing_threshold": 86_400 * 6}, "F23", "warn", "days", id="two days to live"),
    pytest.param({"settings": {"snapshot_visibility": Case("public", None)}}, "F27", "warn", "anyone", id="public snapshots"),
    pytest.param({"wasm_memory_size": 1 << 60}, "D1", "refuse", "free here", id="no room on the disk"),
    pytest.param({"now": 0}, "D2", "warn", "clock", id="a clock that is wrong"),
    pytest.param({"unseen": True}, "F8", "unknown", "only controllers", id="what may not be seen is no pass"),
    pytest.param({}, "F7", "later", "`stop`", id="what a step catches"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "number", "outcome", "words"), CASES)
def test_the_outcome(
    there: Place, live: Live, tmp_path: Path, more: dict[str, Any], number: str, outcome: str, words: str
) -> None:
    found = {one.id: one for one in prechecks(looked(there, live, tmp_path, **more))}
    assert found[number].outcome == outcome, found[number]
    assert words in found[number].words


def test_each_has_an_id_of_its_own(there: Place, live: Live, tmp_path: Path) -> None:
    ids = [one.id for one in prechecks(looked(there, live, tmp_path))]
    assert len(ids) == len(set(ids))
