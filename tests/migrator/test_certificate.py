"""Certificates: real ones of mainnet, and what becomes of them when anything about them is changed."""

from __future__ import annotations

import random
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.candid.principal import Principal
from migrator.network.bls import is_signed, raw_key
from migrator.network.cbor import Malformed, decode
from migrator.network.certificate import MAINNET_KEY, nat, verified
from migrator.network.errors import CertificateError
from migrator.network.tree import Absent, Found, Tree, Unknown
from tests.shared import SHARED

VECTORS = SHARED / "vectors"
SECOND = 1_000_000_000
# Answers of mainnet to read_state, by what they show; when they were given (ns).
RECORDED = {
    "224od_subnet": 1765214062097800284,
    "ivg37_delegated_v2": 1645601880652705200,
    "ivg37_delegated_v2_pruned_subnet": 0,
    "ivg37_time": 1763796896688941700,
    "ivg37_time_pruned_ranges": 1763796896688941700,
    "o3ow2_subnet_key": 1763597289536590300,
    "uzr34_node_keys": 1763597425871913400,
}
INSIDE, OUTSIDE = "ivg37-qiaaa-aaaab-aaaga-cai", "rrkah-fqaaa-aaaaa-aaaaq-cai"  # of the subnet that answered


def certificate(name: str) -> bytes:
    path = VECTORS / f"{name}.bin"
    if not path.exists():
        pytest.skip("the recorded answers of mainnet are not beside this checkout")
    found: bytes = decode(path.read_bytes())["certificate"]
    return found


def proven(name: str, canister: str | None = None) -> Tree:
    raw = None if canister is None else Principal.parse(canister).raw
    return verified(certificate(name), root_key=MAINNET_KEY, canister=raw, now=0, max_age=None)


@pytest.mark.parametrize("name", RECORDED)
def test_what_mainnet_signed_is_proven(name: str) -> None:
    found = proven(name).lookup(b"time")
    assert isinstance(found, Found)
    assert not RECORDED[name] or abs(nat(found.value) - RECORDED[name]) < SECOND


@pytest.mark.parametrize(
    ("name", "canister", "step"),
    [
        pytest.param("ivg37_time", INSIDE, None, id="its subnet answers, by shards"),
        pytest.param("ivg37_delegated_v2", INSIDE, None, id="its subnet answers, by one list"),
        pytest.param("ivg37_time", OUTSIDE, "ranges", id="another subnet answers"),
        pytest.param("ivg37_delegated_v2", OUTSIDE, "ranges", id="another subnet answered, years ago"),
        pytest.param("ivg37_time_pruned_ranges", INSIDE, "ranges", id="the ranges were left out"),
    ],
)
def test_who_may_answer_for_a_canister(name: str, canister: str, step: str | None) -> None:
    if step is None:
        proven(name, canister)
        return
    with pytest.raises(CertificateError) as raised:
        proven(name, canister)
    assert raised.value.step == step


@pytest.mark.parametrize(("seconds", "right"), [(0, True), (290, True), (-290, True), (310, False), (-310, False)])
def test_an_answer_is_of_its_time(seconds: int, right: bool) -> None:
    now = RECORDED["ivg37_time"] + seconds * SECOND
    if right:
        verified(certificate("ivg37_time"), root_key=MAINNET_KEY, canister=None, now=now)
        return
    with pytest.raises(CertificateError) as raised:
        verified(certificate("ivg37_time"), root_key=MAINNET_KEY, canister=None, now=now)
    assert raised.value.step == "time"


@pytest.mark.parametrize("name", ["ivg37_time", "ivg37_delegated_v2"])
def test_no_bit_of_it_can_be_changed(name: str) -> None:
    whole = certificate(name)
    chance = random.Random(7)
    for place in sorted(chance.sample(range(len(whole)), 150)):
        changed = bytearray(whole)
        changed[place] ^= 1 << chance.randrange(8)
        with pytest.raises(CertificateError):
            verified(bytes(changed), root_key=MAINNET_KEY, canister=None, now=0, max_age=None)
    for end in range(0, len(whole), 97):
        with pytest.raises(CertificateError):
            verified(whole[:end], root_key=MAINNET_KEY, canister=None, now=0, max_age=None)


def changed(name: str, change: dict[str, Any]) -> bytes:
    table = {**decode(certificate(name)), **change}
    return cbor2.dumps({key: value for key, value in table.items() if value is not ...})


INFINITY_G1, INFINITY_G2 = bytes([0xC0]) + bytes(47), bytes([0xC0]) + bytes(95)


def test_keys_and_signatures_that_fit_anything_are_refused() -> None:
    assert not is_signed(b"m", INFINITY_G1, INFINITY_G2)
    other = proven("ivg37_time").root
    with pytest.raises(CertificateError) as raised:
        verified(certificate("ivg37_time"), root_key=INFINITY_G2, canister=None, now=0, max_age=None)
    assert raised.value.step == "delegation"
    for signature in (INFINITY_G1, bytes(48), other * 2, b""):
        with pytest.raises(CertificateError):
            verified(changed("ivg37_time", {"signature": signature}), root_key=MAINNET_KEY, canister=None, now=0)


def test_a_subnet_does_not_answer_without_its_delegation() -> None:
    with pytest.raises(CertificateError) as raised:
        verified(changed("ivg37_time", {"delegation": ...}), root_key=MAINNET_KEY, canister=None, now=0)
    assert raised.value.step == "signature"


def test_a_delegation_is_not_delegated() -> None:
    delegation = decode(certificate("ivg37_time"))["delegation"]
    inner = {**decode(delegation["certificate"]), "delegation": delegation}
    again = {"subnet_id": delegation["subnet_id"], "certificate": cbor2.dumps(inner)}
    with pytest.raises(CertificateError) as raised:
        verified(changed("ivg37_time", {"delegation": again}), root_key=MAINNET_KEY, canister=None, now=0)
    assert raised.value.step == "delegation"


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(CertificateError):
        verified(data, root_key=MAINNET_KEY, canister=None, now=0)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x81" * 100_000 + b"\x00", id="deep"),
        pytest.param(b"\x9b" + b"\x00" * 4 + b"\xff" * 4, id="a list of billions"),
        pytest.param(b"\x5b" + b"\x00" * 4 + b"\xff" * 4, id="gigabytes"),
        pytest.param(b"\xa2\x61a\x01\x61a\x02", id="a key that is there twice"),
        pytest.param(b"\x9f\xff", id="a list without a size"),
        pytest.param(b"\x00\x00", id="more behind it"),
        pytest.param(b"\xd9\x03\xe7\x00", id="another tag"),
        pytest.param(bytes(5_000_000), id="too much"),
    ],
)
def test_hostile_cbor(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode(data)


LEAF = [3, b"v"]
PRUNED = [4, bytes(32)]


def labeled(name: bytes, inside: list[Any] = LEAF) -> list[Any]:
    return [2, name, inside]


# A tree, a path, what is proven of it.
LOOKUPS = [
    pytest.param(labeled(b"b"), (b"b",), Found(b"v"), id="it is there"),
    pytest.param(labeled(b"b"), (b"a",), Absent(), id="before the first"),
    pytest.param(labeled(b"b"), (b"c",), Absent(), id="behind the last"),
    pytest.param([1, labeled(b"a"), labeled(b"c")], (b"b",), Absent(), id="between two neighbours"),
    pytest.param([1, labeled(b"a"), [1, PRUNED, labeled(b"c")]], (b"b",), Unknown(), id="something was left out between them"),
    pytest.param([1, PRUNED, labeled(b"c")], (b"b",), Unknown(), id="something was left out before"),
    pytest.param([1, labeled(b"a"), PRUNED], (b"b",), Unknown(), id="something was left out behind"),
    pytest.param([1, PRUNED, labeled(b"c")], (b"d",), Absent(), id="behind the last, whatever was left out before"),
    pytest.param([1, labeled(b"a"), PRUNED], (b"A",), Absent(), id="before the first, whatever was left out behind"),
    pytest.param(PRUNED, (b"a",), Unknown(), id="everything was left out"),
    pytest.param([0], (b"a",), Absent(), id="an empty tree"),
    pytest.param(LEAF, (b"a",), Absent(), id="a value has no labels"),
    pytest.param(labeled(b"a", labeled(b"b")), (b"a", b"b"), Found(b"v"), id="two steps"),
    pytest.param(labeled(b"a", PRUNED), (b"a", b"b"), Unknown(), id="what is below was left out"),
    pytest.param(labeled(b"a", PRUNED), (b"a",), Unknown(), id="the value was left out"),
    pytest.param(labeled(b"a", labeled(b"b")), (b"a",), Absent(), id="a subtree is no value"),
    pytest.param([1, [0], [1, labeled(b"a"), [0]]], (b"b",), Absent(), id="empty parts count for nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "path", "found"), LOOKUPS)
def test_a_lookup(tree: list[Any], path: tuple[bytes, ...], found: object) -> None:
    answer = Tree(tree).lookup(*path)
    assert (type(answer), answer) == (type(found), found)


@pytest.mark.parametrize(
    "tree",
    [
        pytest.param([1, labeled(b"b"), labeled(b"a")], id="labels that fall"),
        pytest.param([1, labeled(b"a"), labeled(b"a")], id="a label twice"),
        pytest.param(labeled(b"x", [1, labeled(b"b"), labeled(b"a")]), id="labels that fall, further below"),
        pytest.param([1, LEAF, labeled(b"a")], id="a value among labels"),
        pytest.param([5], id="a kind that there is not"),
        pytest.param([True], id="no kind"),
        pytest.param([1, LEAF], id="a fork with one side"),
        pytest.param([4, bytes(31)], id="a hash that is too short"),
        pytest.param([3, "v"], id="a value that is text"),
        pytest.param({"a": 1}, id="no tree"),
    ],
)
def test_a_tree_that_is_none(tree: object) -> None:
    with pytest.raises(Malformed):
        Tree(tree)


def test_a_tree_that_contains_itself_ends() -> None:
    tree: list[Any] = [1, [0]]
    tree.append(tree)
    with pytest.raises(Malformed):
        Tree(tree)


@pytest.mark.parametrize(
    ("data", "value"), [(b"\x00", 0), (b"\x7f", 127), (b"\x80\x01", 128), (b"\xff" * 9 + b"\x01", 2**64 - 1)]
)
def test_a_number(data: bytes, value: int) -> None:
    assert nat(data) == value


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x01\x01", b"\xff" * 9 + b"\x02", b"\xff" * 100])
def test_no_number(data: bytes) -> None:
    with pytest.raises(CertificateError):
        nat(data)


def test_a_key_in_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="no BLS key"):
        raw_key(bytes(133))
