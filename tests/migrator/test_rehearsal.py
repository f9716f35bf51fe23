"""Upgrades tried on a copy: what the versions of the Context Registry are expected to do, and modules that mean ill."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from analyzer.errors import CtxError
from migrator.plan.form import Malformed, canonical, from_json, parsed, to_json
from migrator.rehearsal.model import Found, Query, Rehearsal, nothing
from migrator.rehearsal.process import BOUNDS, GIB, Bounds
from migrator.rehearsal.rehearse import OldState, Upgrade, rehearse
from migrator.rehearsal.scenario import Scenario, Step, read_scenario
from replica import Replica
from replica.snapshots.directory import write_directory
from tests.canister.build import REGISTRY, versions
from tests.replica import registry
from tests.replica.wat import canister
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrator.rehearsal.model import Fate

T = TypeVar("T")
VERSIONS = versions()
UPGRADES = [name for name, entry in VERSIONS.items() if "upgrades" in entry]
FILL = tuple(
    Step("before", method, method, arguments, None, "reply", None, "calls.toml")
    for method, arguments in tomllib.loads((REGISTRY / "calls.toml").read_text("utf-8"))["fill"]
)
FILLED = Scenario(FILL)
# What a version is expected to do, as `versions.toml` has it -> the outcome, and words that have to be found.
OUTCOMES = {
    "refused by the runtime": ("refused", "Memory-incompatible program upgrade"),
    "traps in postupgrade": ("refused", "the index could not be built"),
    "the log is lost": ("failed", "recentEvents: 7 of 7 entries are not there"),
    "every record is kept, and one season is listed": ("failed", "listSeasons: 1 of 2 entries are not there"),
    "every record is kept": ("accepted", ""),
}


def tried(old: str, new: str, scenario: Scenario = FILLED) -> Rehearsal:
    """Rehearse an upgrade of a version that is installed anew and filled."""
    state = OldState("filled", registry.module(old))
    return rehearse(state, Upgrade("registry", registry.module(new)), scenario=scenario)


def taken(folder: Path, version: str) -> Path:
    """Return a snapshot of a canister that began as the first version, with records, and was upgraded to another one."""
    with Replica() as ic:
        name = ic.create()
        ic.install(name, registry.module(registry.FIRST))
        registry.fill(ic, name)
        if version != registry.FIRST:
            ic.upgrade(name, registry.module(version), persistence="keep")
        write_directory(ic.snapshot(name), folder)
    return folder


@pytest.fixture(scope="module")
def rehearsals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rehearsal]:
    """Return a rehearsal of each upgrade, two at a time."""
    folder = tmp_path_factory.mktemp("taken")
    states = {
        old: OldState(f"snapshot {old}", registry.module(old), directory=taken(folder / old, old))
        for old in sorted({VERSIONS[name]["upgrades"] for name in UPGRADES} - {registry.FIRST})
    }

    def one(name: str) -> Rehearsal:
        old = VERSIONS[name]["upgrades"]
        if old == registry.FIRST:
            return tried(old, name)
        return rehearse(states[old], Upgrade("registry", registry.module(name)))

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(UPGRADES, pool.map(one, UPGRADES), strict=True))


@pytest.mark.parametrize("name", UPGRADES)
def test_each_version_does_what_is_expected_of_it(name: str, rehearsals: dict[str, Rehearsal]) -> None:
    found = rehearsals[name].found
    runs = VERSIONS[name]["runs"]
    outcome, words = next(entry for start, entry in OUTCOMES.items() if runs.startswith(start))
    assert found.outcome == outcome, (found.why, found.said)
    assert words in (found.said.message if found.said is not None else found.why or "")
    # Whatever came of it: the old version goes on, or is put back as it was.
    assert found.back is not None
    assert found.back.holds, found.back.words
    assert found.before is not None
    assert found.fuel > 0
    assert all(one.holds for one in found.held)
    if outcome == "accepted":
        assert found.values is not None
        assert found.values.why is None
        assert found.values.kept
        assert found.values.compared > 60
        assert [one.fate for one in found.queries if not one.holds] == []


def test_what_a_migration_fills_is_told_by_its_path(rehearsals: dict[str, Rehearsal]) -> None:
    values = rehearsals["v10_migrated"].found.values
    assert values is not None
    assert any("pload" in one.path for one in values.shown)


def test_a_rehearsal_without_real_state_proves_nothing(rehearsals: dict[str, Rehearsal]) -> None:
    assert rehearsals["v02_safe_additions"].accepted
    assert rehearsals["v02_safe_additions"].proof is None


def test_a_state_that_was_taken_is_a_proof(tmp_path: Path) -> None:
    taken(tmp_path / "taken", registry.FIRST)
    before = {path: path.read_bytes() for path in (tmp_path / "taken").rglob("*") if path.is_file()}
    old = OldState("snapshot taken", registry.module(registry.FIRST), directory=tmp_path / "taken")
    done = rehearse(
        old, Upgrade("registry", registry.module("v02_safe_additions"), canister="rrkah-fqaaa-aaaaa-aaaaq-cai")
    )
    assert done.accepted
    assert done.proof is not None
    assert done.proof.startswith("embedded replica, snapshot taken, ")
    assert done.found.values is not None
    assert done.found.values.compared > 60
    listed = next(one for one in done.found.queries if one.name == "listSeasons")
    assert (listed.fate, listed.words) == ("same", "2 entries")
    assert {path: path.read_bytes() for path in before} == before


# Scenarios.


def scenario(folder: Path, text: str, name: str = "rehearsal.toml") -> Scenario:
    (folder / name).write_text(text, "utf-8")
    return read_scenario(folder / name)


def with_fill(one: Scenario) -> Scenario:
    return one._replace(steps=(*FILL, *one.steps))


@pytest.mark.parametrize(
    ("text", "outcome", "words"),
    [
        pytest.param('[[after]]\ncall = "getSeason"\nargs = "(7 : nat)"\nreplies = "(null)"', "accepted", "", id="a reply is as expected"),
        pytest.param('[[after]]\ncall = "getSeason"\nargs = "(1 : nat)"\nreplies = "(null)"', "failed", "which is not what is expected", id="a reply is another one"),
        pytest.param('[[both]]\ncall = "getSeason"\nargs = "(1 : nat)"\nholds = "same"', "accepted", "", id="a query with arguments stays the same"),
        pytest.param('[[after]]\ncall = "createSeason"\nargs = \'("Late", 3 : int)\'\nreplies = "(variant { ok = 3 : nat })"', "accepted", "", id="the new version goes on counting"),
        pytest.param('[[after]]\ncall = "createSeason"\nargs = \'("Late", 3 : int)\'\nrejected = true', "failed", "is not rejected, as expected", id="a call that should be rejected is not"),
        pytest.param('[[before]]\ncall = "setProfile"\nargs = \'("B", null)\'\nrejected = true', "undecided", "the scenario fails on the old version", id="a scenario that fails before proves nothing"),
        pytest.param('timers = 61\n[[after]]\ncall = "getTicks"\nreplies = "(1 : nat)"', "accepted", "", id="timers ring when they are asked to"),
        pytest.param('[[after]]\ncall = "getTicks"\nreplies = "(0 : nat)"', "accepted", "", id="and not otherwise"),
    ],
)  # fmt: skip
def test_a_scenario(text: str, outcome: str, words: str, tmp_path: Path) -> None:
    found = tried(registry.FIRST, "v02_safe_additions", with_fill(scenario(tmp_path, text))).found
    assert found.outcome == outcome, (found.why, found.held)
    assert words in (found.why or "")


def test_what_may_differ_is_told_and_lets_through(tmp_path: Path) -> None:
    found = tried(registry.FIRST, "v16_wrong_data", with_fill(scenario(tmp_path, 'may_differ = ["listSeasons"]'))).found
    assert found.outcome == "accepted"
    (one,) = [one for one in found.queries if one.name == "listSeasons"]
    assert (one.fate, one.may_differ) == ("missing", True)


@pytest.mark.parametrize(
    ("text", "outcome", "words"),
    [
        pytest.param('def after(it):\n    assert len(it.call("listSeasons")) == 2\n', "accepted", "", id="what it asserts holds"),
        pytest.param('def after(it):\n    assert len(it.call("listSeasons")) == 3, "three"\n', "failed", "rehearsal.py:2: AssertionError: three", id="what it asserts does not hold"),
        pytest.param('def before(it):\n    it.call("nothing")\n', "undecided", "the interface has no method nothing", id="it fails on the old version"),
        pytest.param("def after(it:\n", "undecided", "SyntaxError", id="it is no Python"),
        pytest.param("import sys\nsys.exit(0)\n", "undecided", "SystemExit", id="it ends the process"),
        pytest.param("import os\ndef after(it):\n    return sorted(os.environ)\n", "accepted", "", id="it has no environment"),
    ],
)  # fmt: skip
def test_a_scenario_in_python(text: str, outcome: str, words: str, tmp_path: Path) -> None:
    os.environ["CTXCHECK_KEY"] = "hidden"
    try:
        found = tried(registry.FIRST, "v02_safe_additions", with_fill(scenario(tmp_path, text, "rehearsal.py"))).found
    finally:
        del os.environ["CTXCHECK_KEY"]
    assert found.outcome == outcome, (found.why, found.held)
    assert words in (found.why or "")
    assert "CTXCHECK_KEY" not in str(found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("befor = []", "there is no key `befor`", id="an unknown key"),
        pytest.param("timers = true", "`timers` is not a number of seconds", id="true is no number"),
        pytest.param("timers = -1", "`timers` is not a number of seconds", id="time does not go back"),
        pytest.param("before = 3", "`before` is not a list of calls", id="no list"),
        pytest.param("before = [3]", "`before` is not a table", id="no call"),
        pytest.param("[[before]]", "`call` is not there", id="no method"),
        pytest.param('[[before]]\ncall = "a"\nas = "nobody"', "`as` is not a principal", id="no principal"),
        pytest.param('[[before]]\ncall = "a"\nrejected = 1', "`rejected` is not true or false", id="one is not true"),
        pytest.param('[[after]]\ncall = "a"\nrejected = true\nreplies = "()"', "replies nothing", id="rejected, and replies"),
        pytest.param('[[both]]\ncall = "a"\nholds = "never"', '`holds` is not "same" or "kept"', id="nothing that holds"),
        pytest.param("a = [", "this is no TOML", id="no TOML"),
        pytest.param('[[after]]\ncall = "nothing"', "the new version has no method `nothing`", id="a method that is not there"),
        pytest.param('[[both]]\ncall = "createSeason"', "has to be a query", id="an update is not asked twice"),
        pytest.param('[[after]]\ncall = "getSeason"\nargs = "(1 : text)"', "", id="an argument of another type"),
    ],
)  # fmt: skip
def test_a_scenario_that_is_none(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(CtxError) as caught:
        tried(registry.FIRST, "v02_safe_additions", scenario(tmp_path, text))
    assert words in str(caught.value)
    assert caught.value.exit_code in (2, 3)


# Modules that mean ill.

HARMLESS = canister('(func (export "canister_init"))')
FOREVER = "(loop $again (br $again))"
# Takes 1 MiB after the other, and writes to each page.
EATS = (
    "(local $at i64) (loop $again (drop (memory.grow (i64.const 16))) (local.set $at (i64.const 0)) "
    "(loop $page (i64.store (i64.sub (i64.mul (memory.size) (i64.const 65536)) (i64.add (local.get $at) (i64.const 8))) (i64.const 1)) "
    "(local.set $at (i64.add (local.get $at) (i64.const 4096))) "
    "(br_if $page (i64.lt_u (local.get $at) (i64.const 1048576)))) (br $again))"
)


def against(body: str, *, wide: bool = False, bounds: Bounds = BOUNDS, old: bytes = HARMLESS) -> Found:
    new = canister(f'(func (export "canister_post_upgrade") {body})', wide=wide)
    return rehearse(OldState("nothing", old), Upgrade("hostile", new), bounds=bounds).found


def test_an_upgrade_that_never_ends_is_ended() -> None:
    found = against(FOREVER, bounds=Bounds(seconds=4))
    assert (found.outcome, found.said) == ("undecided", None)
    assert "it did not end within 4 s" in (found.why or "")


def test_an_upgrade_that_eats_memory_is_ended() -> None:
    found = against(EATS, wide=True, bounds=Bounds(seconds=60, memory=GIB // 2))
    assert (found.outcome, found.said) == ("undecided", None)
    assert "more than the 0.5 GiB of memory" in (found.why or "")


def test_a_rehearsal_ends_with_whoever_asked_for_it(tmp_path: Path) -> None:
    new = tmp_path / "new.wasm"
    new.write_bytes(canister(f'(func (export "canister_post_upgrade") {FOREVER})'))
    text = (
        "from pathlib import Path; from migrator.rehearsal.rehearse import *; from migrator.rehearsal.scenario import *; "
        f"rehearse(OldState('x', Path({str(new)!r}).read_bytes()), Upgrade('x', Path({str(new)!r}).read_bytes()))"
    )
    parent = subprocess.Popen([sys.executable, "-c", text], cwd=ROOT)
    try:
        children = wait_for(lambda: children_of(parent.pid))
        assert children
    finally:
        parent.kill()
        parent.wait()
    assert wait_for(lambda: not any(map(lives, children)))


def children_of(process: int) -> list[int]:
    """Return the children that have set their limits; by then they have asked to be ended with their parent too."""
    found = read(f"/proc/{process}/task/{process}/children").split()
    return [int(one) for one in found if re.search(r"Max core file size +0 +0 ", read(f"/proc/{one}/limits"))]


def lives(process: int) -> bool:
    said = read(f"/proc/{process}/status")
    return "State:" in said and "Z (zombie)" not in said


def read(path: str) -> str:
    """Return a file of a process, nothing of one that is gone."""
    try:
        return Path(path).read_text("ascii")
    except OSError:
        return ""


def wait_for(look: Callable[[], T]) -> T:
    """Return what is found to be so within half a minute, or what was seen last."""
    for _ in range(300):
        found = look()
        if found:
            return found
        time.sleep(0.1)
    return look()


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        pytest.param("unreachable", "IC0502", "unreachable", id="it traps"),
        pytest.param("(call $trap (i32.const 0) (i32.const 0))", "IC0503", "", id="it says that it traps"),
        pytest.param("(drop (i32.load (i32.const -1)))", "IC0502", "out of bounds", id="it reads beyond its memory"),
        pytest.param("(call $msg_reply)", "IC0504", "", id="it does what may not be done there"),
    ],
)
def test_an_upgrade_that_traps_is_told(body: str, code: str, words: str) -> None:
    found = against(body)
    assert found.outcome == "refused"
    assert found.said is not None
    assert found.said.code == code
    assert words in found.said.message
    assert found.back is not None
    assert found.back.holds


@pytest.mark.parametrize("module", [b"\0asm\1\0\0\0\xff", b"\0asm\1\0\0\0" + b"\1\2\3"], ids=["one", "other"])
def test_a_module_that_is_none_is_told(module: bytes) -> None:
    try:
        found = rehearse(OldState("nothing", HARMLESS), Upgrade("broken", module)).found
    except CtxError:
        return
    assert found.outcome == "refused"


def test_an_old_version_that_does_not_install_proves_nothing() -> None:
    old = canister('(func (export "canister_init") unreachable)')
    found = against("", old=old)
    assert found.outcome == "undecided"
    assert found.said is not None
    assert found.said.during == "install"


DIFFERING = [("differs", True), ("missing", True), ("rejected", False), ("gone", False), ("unreadable", False)]


@pytest.mark.parametrize(("fate", "holds"), DIFFERING)
def test_a_reply_may_differ_and_never_be_none(fate: Fate, holds: bool) -> None:
    assert Query("list", fate, "", 1, may_differ=True).holds == holds
    assert not Query("list", fate, "", 1).holds


@pytest.mark.parametrize(
    ("limit", "outcome"), [(None, "accepted"), (0, "accepted"), (1 << 20, "refused"), (64 << 20, "accepted")]
)
def test_the_limit_of_memory_is_the_canisters(limit: int | None, outcome: str) -> None:
    grows = canister('(func (export "canister_post_upgrade") (drop (memory.grow (i32.const 32))))')  # 2 MiB
    found = rehearse(OldState("nothing", HARMLESS), Upgrade("growing", grows, memory_limit=limit)).found
    assert found.outcome == outcome, found
    assert (found.said is not None and found.said.code == "IC0539") == (outcome == "refused")


def test_calls_to_others_are_not_let_out() -> None:
    calls = (
        "(call $call_new (i32.const 0) (i32.const 10) (i32.const 16) (i32.const 4) (i32.const 0) (i32.const 0) "
        "(i32.const 0) (i32.const 0)) (drop (call $call_perform)) (call $msg_reply)"
    )
    data = r'(table 1 funcref) (elem (i32.const 0) $none) (func $none (param i32)) (data (i32.const 0) "\00\00\00\00\00\00\00\07\01\01") (data (i32.const 16) "leak")'
    old = canister(f'{data} (func (export "canister_update go") {calls})')
    before = Scenario((Step("before", "go", "go", "()", None, "reply", None, "here"),))
    upgrade = Upgrade("calling", old, candid=b"service : { go : () -> () }")
    found = rehearse(OldState("nothing", old), upgrade, scenario=before).found
    assert found.left == ("leak",), found


# Between the processes.


def test_what_was_found_is_the_same_behind_the_pipe(rehearsals: dict[str, Rehearsal]) -> None:
    for one in rehearsals.values():
        assert from_json(Found, parsed(canonical(to_json(one.found))), "found") == one.found


def test_an_answer_of_another_form_is_refused() -> None:
    told = to_json(nothing("accepted", None))
    for key in told:
        with pytest.raises(Malformed):
            from_json(Found, {**told, key: object()}, "found")
