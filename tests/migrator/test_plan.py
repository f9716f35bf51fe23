"""Plans: one file for each, its name is its hash, and nothing in it is believed that its bytes do not show."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import CtxError, UsageError
from migrator.network.certificate import MAINNET_KEY
from migrator.network.errors import CertificateError
from migrator.plan.build import About, CannotUpgrade, Wanted, make_plan
from migrator.plan.file import PlanError, packed, read_plan, unpacked
from migrator.plan.form import Malformed, canonical, parsed
from migrator.plan.model import Letting
from migrator.plan.proven import proven, rehearsal_of
from migrator.plan.words import standing
from migrator.rehearsal.evidence import evidence
from migrator.rehearsal.model import EMBEDDED, Changed, Held, Query, Rehearsal, Values, nothing
from migrator.rehearsal.model import SCHEMA as REHEARSAL
from tests.command.process import run
from tests.migrator.live import NAME, Place, new_key, place
from tests.replica import registry
from tests.replica.wat import canister

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from migrator.plan.file import SavedPlan
    from migrator.plan.model import Plan


@pytest.fixture(scope="module")
def here() -> Iterator[Place]:
    with place() as found:
        yield found


@pytest.fixture(scope="module")
def app(here: Place) -> str:
    return here.registry()


@pytest.fixture(scope="module")
def safe(here: Place, app: str) -> SavedPlan:
    return here.plan(app)


@pytest.fixture(scope="module")
def breaking(here: Place, app: str) -> SavedPlan:
    return here.plan(app, "v03_optional_field")


def test_a_plan_is_its_bytes(safe: SavedPlan, tmp_path: Path) -> None:
    again = unpacked(safe.data, "again")
    assert again == safe
    (tmp_path / "plan.ctx").write_bytes(safe.data)
    assert read_plan(tmp_path / "plan.ctx").digest == safe.digest
    assert packed(safe.plan, safe.blobs.values()).data == safe.data
    assert safe.blobs[safe.plan.targets[0].new.module] == registry.module("v02_safe_additions")
    found = proven(safe)
    assert found.notes == []
    assert len(found.changes.occurrences) == len(safe.plan.targets[0].changes) == 4
    assert safe.plan.targets[0].old.is_certified
    assert safe.plan.targets[0].old.controllers == tuple(sorted(["2vxsx-fae", safe.plan.sender]))


@settings(max_examples=300, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), cut=st.booleans())
def test_a_changed_file_is_refused_or_has_another_name(safe: SavedPlan, place: float, bit: int, cut: bool) -> None:
    data = bytearray(safe.data)
    # The description is short beside the modules: half of the places are in it.
    room = data.index(b"\n", 20) if place < 0.5 else len(data)
    at = int((place * 2 % 1) * room)
    if cut:
        del data[at:]
    else:
        data[at] ^= 1 << bit
    try:
        found = unpacked(bytes(data), "changed")
    except PlanError:
        return
    assert found.digest != safe.digest
    assert not cut


@pytest.mark.parametrize("more", [b"\n", b"x", b"\0" * 100])
def test_nothing_stands_behind_it(safe: SavedPlan, more: bytes) -> None:
    with pytest.raises(PlanError, match="another length"):
        unpacked(safe.data + more, "longer")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"ctxcheck.plan/2\n{}\n", id="another version"),
        pytest.param(b"ctxcheck.plan/1\n", id="no description"),
        pytest.param(b"ctxcheck.plan/1\n{}\n", id="an empty one"),
        pytest.param(b"ctxcheck.plan/1\n" + b"[" * 100_000 + b"\n", id="nested deeply"),
        pytest.param(b'ctxcheck.plan/1\n{"a":1e999}\n', id="a number that is none"),
        pytest.param(b'ctxcheck.plan/1\n{"a":' + b"9" * 10_000 + b"}\n", id="a number of ten thousand digits"),
    ],
)
def test_what_is_no_plan(data: bytes) -> None:
    with pytest.raises(PlanError):
        unpacked(data, "a file")


@pytest.mark.parametrize("data", [b'{"a": 1}', b'{"b":1,"a":2}', b'{"a":1,"a":1}', b'"\xc3\xa9"', b"1.50", b" 1"])
def test_there_is_one_text_for_each_value(data: bytes) -> None:
    with pytest.raises(Malformed):
        parsed(data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda one: st.lists(one) | st.dictionaries(st.text(), one),
    )
)
def test_canonical_json_comes_back(value: object) -> None:
    assert parsed(canonical(value)) == value


def target(plan: Plan, **fields: Any) -> Plan:  # noqa: ANN401 - of many fields
    return plan._replace(targets=(plan.targets[0]._replace(**fields),))


def old(plan: Plan, **fields: Any) -> Plan:  # noqa: ANN401 - of many fields
    return target(plan, old=plan.targets[0].old._replace(**fields))


def changed(plan: Plan, **fields: Any) -> Plan:  # noqa: ANN401 - of many fields
    first, *rest = sorted(plan.targets[0].changes, key=lambda one: not one.blocked_by)
    return target(plan, changes=(first._replace(**fields), *rest))


LIES: list[tuple[str, Callable[[Plan], Plan]]] = [
    ("a break called safe", lambda plan: changed(plan, verdict="safe")),
    ("a change that does not block", lambda plan: changed(plan, blocked_by=())),
    ("a change that is not told", lambda plan: target(plan, changes=plan.targets[0].changes[1:])),
    ("a change that is told twice", lambda plan: target(plan, changes=plan.targets[0].changes * 2)),
    ("no change at all", lambda plan: target(plan, changes=())),
    ("another module runs", lambda plan: old(plan, module_hash="00" * 32)),
    ("others control it", lambda plan: old(plan, controllers=())),
    ("another time", lambda plan: old(plan, time=plan.targets[0].old.time + 1)),
    ("a section less", lambda plan: old(plan, sections={k: v for k, v in plan.targets[0].old.sections.items() if "stable" not in k})),
    ("another canister", lambda plan: target(plan, canister="ryjl3-tyaaa-aaaaa-aaaba-cai")),
    ("mainnet's key", lambda plan: plan._replace(network=plan.network._replace(root_key=MAINNET_KEY.hex(), local=False))),
    ("mainnet as a local network", lambda plan: plan._replace(network=plan.network._replace(root_key=MAINNET_KEY.hex()))),
    ("no key", lambda plan: plan._replace(network=plan.network._replace(root_key=""))),
    ("the main memory is dropped", lambda plan: target(plan, new=plan.targets[0].new._replace(keep=False))),
    ("another module than its size", lambda plan: target(plan, new=plan.targets[0].new._replace(size=1))),
    ("it expires before it is made", lambda plan: plan._replace(expires=plan.created)),
    ("nobody needs to approve", lambda plan: plan._replace(approvers=plan.approvers._replace(needed=0))),
    ("more approvals than approvers", lambda plan: plan._replace(approvers=plan.approvers._replace(needed=2))),
    ("after itself", lambda plan: target(plan, after=(NAME,))),
    ("twice the same", lambda plan: plan._replace(targets=plan.targets * 2)),
    ("no target", lambda plan: plan._replace(targets=())),
    ("a sender that is none", lambda plan: plan._replace(sender="me")),
    ("a check of no value", lambda plan: target(plan, checks=(plan.targets[0].checks[0]._replace(expects="value"),))),
    ("an accepted change on no day", lambda plan: changed(plan, surface="candid", verdict="safe", accepted=Letting("me", "why", "never", None))),
]  # fmt: skip


@pytest.mark.parametrize("lie", [pytest.param(lie, id=name) for name, lie in LIES])
def test_a_plan_that_lies_is_refused(breaking: SavedPlan, lie: Callable[[Plan], Plan]) -> None:
    with pytest.raises(PlanError):
        proven(packed(lie(breaking.plan), breaking.blobs.values()))


def rehearsed(saved: SavedPlan, **fields: Any) -> Rehearsal:  # noqa: ANN401 - of many fields
    of, values = saved.plan.targets[0], Values(None, 67, kept=True, summary="67 values compared, none lost")
    found = nothing("accepted", None)._replace(values=values)
    plain = Rehearsal(REHEARSAL, NAME, EMBEDDED, "a backup", True, of.old.module_hash, of.new.module, found)
    return plain._replace(**fields)


REHEARSALS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("of another module", {"module": "00" * 32}, {}),
    ("from another module", {"old_module": "00" * 32}, {}),
    ("of another canister", {"name": "other"}, {}),
    ("refused", {"found": nothing("refused", "it traps")}, {}),
    ("without real state", {"real": False}, {}),
    ("on another engine than it says", {}, {"rehearsed": "mainnet"}),
    ("with fewer values than it says", {}, {"compared": 68}),
    ("without anything to show", {}, {"evidence": None}),
]


def carrying(saved: SavedPlan, rehearsal: Rehearsal, **said: Any) -> SavedPlan:  # noqa: ANN401 - of many fields
    data = evidence(rehearsal)
    proof = saved.plan.targets[0].proof._replace(
        rehearsed=rehearsed(saved).proof, compared=67, evidence=sha256(data).hexdigest()
    )
    return packed(target(saved.plan, proof=proof._replace(**said)), [*saved.blobs.values(), data])


def test_a_plan_carries_its_rehearsal(safe: SavedPlan) -> None:
    saved = carrying(safe, rehearsed(safe))
    assert rehearsal_of(saved, saved.plan.targets[0]) == rehearsed(safe)
    assert proven(saved).notes == proven(safe).notes


def test_a_plan_carries_no_value_of_anybody(safe: SavedPlan) -> None:
    found = rehearsed(safe).found
    assert found.values is not None
    shown = found.values._replace(shown=(Changed("added", "users['alice']", None, "alice@", None),))
    queries, held = (Query("list", "same", "alice", 1),), (Held("get", "after", True, "alice"),)
    full = rehearsed(safe, found=found._replace(logs=("alice",), values=shown, queries=queries, held=held))
    assert b"alice" not in evidence(full)


@pytest.mark.parametrize(("shows", "says"), [pytest.param(a, b, id=name) for name, a, b in REHEARSALS])
def test_a_rehearsal_that_is_another(safe: SavedPlan, shows: dict[str, Any], says: dict[str, Any]) -> None:
    saved = carrying(safe, rehearsed(safe, **shows), **says)
    with pytest.raises(PlanError, match="rehears"):
        proven(saved)


@settings(max_examples=50)
@given(st.binary(max_size=60))
def test_what_is_no_rehearsal(safe: SavedPlan, data: bytes) -> None:
    proof = safe.plan.targets[0].proof._replace(evidence=sha256(data).hexdigest())
    with pytest.raises(PlanError, match="is no rehearsal"):
        proven(packed(target(safe.plan, proof=proof), [*safe.blobs.values(), data]))


def test_a_break_of_stored_data_is_let_through_by_nobody(breaking: SavedPlan) -> None:
    letting = Letting("me", "I know better", "2026-01-01", None)
    let = target(
        breaking.plan, changes=tuple(one._replace(accepted=letting) for one in breaking.plan.targets[0].changes)
    )
    saved = packed(let, breaking.blobs.values())
    assert proven(saved).changes.blocked
    assert {one.surface for _, one in standing(saved.plan)} == {"stable"}


def test_accepted_changes_are_let_through_for_their_time(here: Place, app: str) -> None:
    plan = here.plan(app, "v06_function_removed")
    assert len(standing(plan.plan)) == len([one for one in plan.plan.targets[0].changes if one.blocked_by]) > 0

    def let(until: str | None) -> Plan:
        letting = Letting("me", "nobody calls it", "2026-01-01", until)
        return target(plan.plan, changes=tuple(one._replace(accepted=letting) for one in plan.plan.targets[0].changes))

    assert standing(let(None)) == standing(let("2999-01-01")) == []
    assert not proven(packed(let(None), plan.blobs.values())).changes.blocked
    assert len(standing(let("2020-01-01"))) == len(standing(plan.plan))


def wanted(here: Place, name: str, *after: str, app: str) -> Wanted:
    return Wanted(name, registry.module("v02_safe_additions"), here.live(app), after=after)


@pytest.mark.parametrize(
    ("named", "order"),
    [
        pytest.param([("a",), ("b",), ("c",)], "abc", id="none depends on another: as given"),
        pytest.param([("a", "b"), ("b", "c"), ("c",)], "cba", id="a row"),
        pytest.param([("a", "c"), ("b",), ("c",)], "bca", id="one waits"),
        pytest.param([("a", "b"), ("b", "a")], None, id="round"),
        pytest.param([("a", "x")], None, id="after one that is not there"),
    ],
)
def test_the_order_is_that_of_dependence(here: Place, named: list[tuple[str, ...]], order: str | None) -> None:
    about = About("0.1.0", here.network, "2vxsx-fae", "")
    all_wanted = [wanted(here, *one, app=here.registry(filled=False)) for one in named]
    if order is None:
        with pytest.raises(UsageError):
            make_plan(about, all_wanted)
    else:
        assert "".join(one.name for one in make_plan(about, all_wanted).plan.targets) == order


def test_what_cannot_be_planned(here: Place, app: str) -> None:
    empty = here.ic.create(controllers=[here.key.sender])
    with pytest.raises(CannotUpgrade, match="empty"):
        here.plan(empty)
    about = About("0.1.0", here.network, "2vxsx-fae", "")
    with pytest.raises(CannotUpgrade, match="orthogonal persistence"):
        make_plan(about, [Wanted(NAME, canister(""), here.live(app))])
    with pytest.raises(CtxError, match="not a WebAssembly module"):
        make_plan(about, [Wanted(NAME, b"nonsense", here.live(app))])


def test_what_the_network_hides_is_undecided(here: Place, app: str) -> None:
    live = here.live(app)
    certified = live.certified
    sections = {name: content for name, content in certified.sections.items() if name != "motoko:stable-types"}
    live = live._replace(certified=certified._replace(sections=sections, hidden=frozenset(["motoko:stable-types"])))
    about = About("0.1.0", here.network, "2vxsx-fae", "")
    plan = make_plan(about, [Wanted(NAME, registry.module("v02_safe_additions"), live)]).plan
    assert not plan.targets[0].old.is_certified
    assert {one.verdict for one in plan.targets[0].changes if one.surface == "stable"} == {"undecided"}
    given = Wanted(
        NAME,
        registry.module("v02_safe_additions"),
        live,
        sections={"motoko:stable-types": (certified.sections["motoko:stable-types"], "deployed/app.most")},
    )
    saved = make_plan(about, [given])
    assert not saved.plan.targets[0].old.is_certified
    assert standing(saved.plan) == []
    assert proven(saved).notes == [f"{NAME}: not certified, given by hand: motoko:stable-types (deployed/app.most)"]


def test_an_old_certificate_still_proves(safe: SavedPlan) -> None:
    from analyzer.candid.principal import Principal  # noqa: PLC0415
    from migrator.network.canister import proven_canister  # noqa: PLC0415

    first = safe.plan.targets[0]
    assert first.old.certificate is not None
    certificate = safe.blobs[first.old.certificate]
    key, raw = bytes.fromhex(safe.plan.network.root_key), Principal.parse(first.canister).raw
    assert proven_canister(certificate, raw, root_key=key).module_hash == bytes.fromhex(first.old.module_hash)
    with pytest.raises(CertificateError):
        proven_canister(certificate, raw, root_key=MAINNET_KEY)


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_show(form: str, safe: SavedPlan, breaking: SavedPlan, tmp_path: Path) -> None:
    for name, saved, status in (("safe", safe, 0), ("breaking", breaking, 1)):
        (tmp_path / name).write_bytes(saved.data)
        done = run(tmp_path, "show", name, "--format", form)
        assert (done.returncode, done.stderr) == (status, "")
        assert saved.digest in done.stdout
        assert "Add a motto" in done.stdout
    (tmp_path / "broken").write_bytes(safe.data[:-1])
    done = run(tmp_path, "show", "broken")
    assert done.returncode == 3
    assert "another length" in done.stderr
    assert run(tmp_path, "show", "missing").returncode == 2


def test_a_key_prints_nothing_secret() -> None:
    assert "Key(ed25519" in repr(new_key())
