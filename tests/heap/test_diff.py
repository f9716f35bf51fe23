"""Two states side by side: what is kept, lost, added and changed, and what an upgrade may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analyzer.heap import diff
from analyzer.heap.diff import Change, Difference, Result, VariableResult, compare
from analyzer.heap.expected import may_change
from analyzer.motoko.parse import parse_stable
from migrator.comparing import told
from replica import Replica
from tests.heap.canister import Program, exported

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def ic() -> Iterator[Replica]:
    with Replica() as network:
        yield network


def _told(result: Result) -> list[tuple[str, str, str | None, str | None]]:
    return [(d.change.value, d.path, d.old, d.new) for d in result.differences]


def _leaves(value: object) -> int:
    """Count as a comparison does: leaves, and one for what is empty."""
    if isinstance(value, dict):
        if "$map" in value:
            return _leaves(value["$map"])
        return sum(map(_leaves, value.values())) if value else 1
    if isinstance(value, list):
        return max(1, sum(map(_leaves, value)))
    return 1


def test_a_state_is_equal_to_itself_and_every_value_is_counted(ic: Replica) -> None:
    program = Program("containers", ic)
    program.call("fill", "(0, 300)")
    result = compare(program.state(), program.state())
    assert result.kept
    assert result.differences == []
    values, objects = exported(program.state())
    assert objects == []
    assert {name: one.values for name, one in result.variables.items()} == {n: _leaves(v) for n, v in values.items()}
    assert result.summary() == f"{sum(map(_leaves, values.values())):,} values compared, none lost"


def test_what_a_migration_takes_is_told_as_lost() -> None:
    """It may, and a run does not go back for it; nobody is told that nothing was lost."""
    result = Result()
    users = result.variables.setdefault("users", VariableResult("users", expected="the migration makes it"))
    users.counts[Change.LOST] = 1000
    result.differences.append(Difference(Change.LOST, "users[0]", '"a"', None, "the migration makes it"))
    compared = told(result)
    assert (compared.lost, compared.by_migration) == ((), ("users[0]",))
    assert compared.summary == "0 values compared, 1,000 lost (1,000 by the migration)"


def test_what_calls_changed_is_listed_by_path(ic: Replica) -> None:
    program = Program("containers", ic)
    program.call("fill", "(0, 20)")
    before = program.state()
    program.call("change", '(7, "seven")')
    program.call("remove", "(3)")
    program.call("add", "(100)")
    result = compare(before, program.state())
    assert not result.kept
    told = _told(result)
    assert ("changed", "map[7].name", '"name 7"', '"seven"') in told
    (lost,) = [d for d in told if d[:2] == ("lost", "map[3]")]
    assert lost[2] is not None
    assert lost[2].startswith('{at = -3; id = 3; name = "name 3"; note = null')
    assert [d[:2] for d in told if d[0] == "added"] == [("added", "map[100]")]
    assert ("lost", "set[3]", None, None) not in told  # the set holds even numbers
    assert ("lost", "pureMap[3]", '"3"', None) in told
    assert [d[1] for d in told if d[1].startswith("list")] == ["list[19]"]
    assert {name for name, one in result.variables.items() if not one.kept} == {
        "map", "list", "queue", "pureMap",
    }  # fmt: skip


def test_an_entry_before_all_others_does_not_make_them_differ(ic: Replica) -> None:
    program = Program("containers", ic)
    program.call("rows", "(10, 3_000)")
    before = program.state()
    program.call("add", "(0)")
    result = compare(before, program.state())
    assert [(d.change, d.path) for d in result.differences] == [(Change.ADDED, "map[0]")]
    assert result.kept


def test_what_a_migration_touches_may_change_and_all_else_has_to_stay(ic: Replica) -> None:
    program = Program("before", ic)
    program.call("fill", "(50)")
    before = program.state()
    program.upgrade("after")
    result = compare(before, program.state())
    assert result.kept
    assert _told(result) == [
        ("lost", "legacy", '"old"', None),
        ("added", "fresh", None, "[1, 2, 3]"),
        ("changed", "total", "7", '"7old"'),
    ]
    assert [d.expected for d in result.differences] == [
        "the migration takes it", None, "the migration takes it",
    ]  # fmt: skip
    assert (
        result.summary() == "154 values compared, 1 lost (1 by the migration), 1 changed (1 by the migration), 3 added"
    )
    program.call("lose", "(31)")
    result = compare(before, program.state())
    assert not result.kept
    assert [(d.change, d.path) for d in result.differences if d.expected is None] == [
        (Change.ADDED, "fresh"),
        (Change.LOST, "settings.tags[1]"),
        (Change.LOST, "users[31]"),
    ]


def test_one_object_that_became_two_is_a_change(ic: Replica) -> None:
    program = Program("graph", ic)
    program.call("fill", "(20)")
    before = program.state()
    assert compare(before, program.state()).kept
    program.call("copyRecent")
    result = compare(before, program.state())
    assert not result.kept
    assert {d.change for d in result.differences} == {Change.CHANGED}
    assert any("shared" in (d.old or "") for d in result.differences)


def test_a_change_behind_references_is_found_once(ic: Replica) -> None:
    program = Program("graph", ic)
    program.call("fill", "(20)")
    program.call("befriend", "(1, 2)")
    program.call("befriend", "(2, 1)")
    before = program.state()
    program.call("pay", "(2, 5)")
    (found,) = [d for d in compare(before, program.state()).differences if not d.path.startswith("view")]
    assert found.path.endswith(".balance")
    assert (found.old, found.new) == ("2", "7")


def test_differences_beyond_a_bound_are_counted(ic: Replica, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff, "MAX_LISTED", 10)
    program = Program("containers", ic)
    before = program.state()
    program.call("rows", "(0, 500)")
    result = compare(program.state(), before)
    assert len(result.differences) == 10
    assert result.found == 1_000
    assert result.count(Change.LOST) == 4_000 + 3_500  # all values of the rows, and the keys of the map


def test_what_is_compared_and_what_is_lost_is_all_there_was(ic: Replica) -> None:
    program = Program("containers", ic)
    program.call("fill", "(0, 100)")
    full = program.state()
    for key in range(0, 100, 7):
        program.call("remove", f"({key})")
    values = exported(full)[0]
    result = compare(full, program.state())
    for name in ("map", "set", "list", "pureMap"):  # of a queue all places have other values
        one = result.variables[name]
        assert one.values + one.counts[Change.LOST] == _leaves(values[name]), name
        assert one.counts[Change.LOST] > 0
        assert one.counts[Change.ADDED] == 0


def test_an_object_that_is_shared_is_lost_once_at_least(ic: Replica) -> None:
    program = Program("graph", ic)
    program.call("fill", "(6)")
    before = program.state()
    empty = Program("graph", ic).state()
    result = compare(before, empty)
    assert not result.kept
    assert result.variables["recent"].counts[Change.LOST] == 2  # its rows are those of `accounts`


@pytest.mark.parametrize("chunk", [1, 7, 100])
def test_large_values_are_compared_part_by_part_with_the_same_outcome(
    ic: Replica, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    program = Program("containers", ic)
    program.call("fill", "(0, 150)")
    before = program.state()
    program.call("change", '(7, "seven")')
    program.call("remove", "(3)")
    program.call("add", "(400)")
    program.call("change", '(41, "x")')
    whole = compare(before, program.state())
    monkeypatch.setattr("analyzer.heap.decode.CHUNK", chunk)
    parts = compare(before, program.state())
    assert sorted(d[:2] for d in _told(parts)) == sorted(d[:2] for d in _told(whole))
    assert parts.summary() == whole.summary()


def test_what_a_migration_touched_may_not_change_without_an_upgrade(ic: Replica) -> None:
    program = Program("before", ic)
    program.upgrade("after")
    before = program.state()
    program.call("use")
    result = compare(before, program.state())
    assert not result.kept
    assert ("changed", "total", '"7old"', '"7old!"') in _told(result)
    assert result.count(Change.LOST, unexpected=True) == 3  # the elements of `fresh`


def test_what_two_variables_share_may_change_only_if_it_may_in_both(
    ic: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program("graph", ic)
    program.call("fill", "(6)")
    before = program.state()
    program.call("pay", "(3, 5)")  # which is in `accounts` and in `recent`
    after = program.state()
    after.module = "of another version"
    monkeypatch.setattr(diff, "may_change", lambda *_: {"accounts": "the migration takes it"})
    result = compare(before, after)
    assert not result.kept
    assert [(d.path, d.expected) for d in result.differences] == [("recent[1].balance", None)]
    monkeypatch.setattr(diff, "may_change", lambda *_: dict.fromkeys(("accounts", "recent"), "the migration takes it"))
    assert compare(before, after).kept


_OLD = "actor { stable var a : Nat; stable var b : Text; stable var c : Nat };"


@pytest.mark.parametrize(
    ("new", "names"),
    [
        pytest.param(_OLD, [], id="without a migration nothing may change"),
        pytest.param(
            "// Version: 3.0.0\nactor ({ in var a : Nat; stable var b : Text; stable var c : Nat },"
            " { stable var a : Text; stable var b : Text; stable var c : Nat; stable var d : Nat });",
            ["a", "d"],
            id="what a migration takes and gives",
        ),
        pytest.param(
            "// Version: 3.0.0\nactor ({ stable var b : Text; in var a : Nat; stable var c : Nat },"
            " { stable var a : Text; stable var b : Text; stable var c : Nat });",
            [],
            id="nothing where the halves are out of order, and the marks may stand at the wrong names",
        ),
    ],
)
def test_what_an_upgrade_may_change(new: str, names: list[str]) -> None:
    assert sorted(may_change(parse_stable(_OLD, "old"), parse_stable(new, "new"))) == names
