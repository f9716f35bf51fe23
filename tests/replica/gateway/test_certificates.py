"""What is issued has the form and the mathematics of real certificates; that clients accept it, see test_agent_js."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from py_arkworks_bls12381 import GT, G1Point, G2Point

from analyzer.candid.principal import Principal
from replica.certificates import tree as hashtree
from replica.certificates.authority import Authority
from replica.certificates.data import data_certificate
from replica.certificates.keys import BLS_DER, BLS_SUITE, SubnetKey
from replica.certificates.leb128 import unsigned
from replica.certificates.tree import Tree, hashed, reveal
from tests.replica.gateway.sender import leaves
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = 1_700_000_000_000_000_000

# Certificates of the mainnet, which stem from a public repository and are used in place; and the mainnet's key.
VECTORS = ROOT.parent / "shared" / "vectors"
MAINNET = bytes.fromhex(
    "814c0e6ec71fab583b08bd81373c255c3c371b2e84863c98a4f1e08b74235d14fb5d9c0cd546d9685f913a0c0b2cc5341583bf4b4392e467db96"
    "d65b9bb4cb717112f8472e0d5a4d14505ffd7484b01291091c5f87b98883463f98091a0baaae"
)


def root_of(node: Any) -> bytes:  # noqa: ANN401 nested arrays
    """Return the root hash of any tree, pruned ones too, by the separators that certificates are issued with."""

    def digest(separator: bytes, *parts: bytes) -> bytes:
        return hashlib.sha256(separator + b"".join(parts)).digest()

    match node[0]:
        case 0:
            return digest(hashtree._OF_EMPTY)
        case 1:
            return digest(hashtree._OF_FORK, root_of(node[1]), root_of(node[2]))
        case 2:
            return digest(hashtree._OF_LABELED, node[1], root_of(node[2]))
        case 3:
            return digest(hashtree._OF_LEAF, node[1])
        case _:
            pruned: bytes = node[1]
            return pruned


def is_signed(certificate: Any, key: bytes) -> bool:  # noqa: ANN401 decoded CBOR
    """Tell whether the holder of a 96-byte key signed the root hash, as the spec has it: e(sig, g) = e(H(m), key)."""
    message = b"\x0dic-state-root" + root_of(certificate["tree"])
    signature = G1Point.from_compressed_bytes(certificate["signature"])
    point = G1Point.hash_to_curve(message, BLS_SUITE)
    return GT.pairing(signature, G2Point()) == GT.pairing(point, G2Point.from_compressed_bytes(key))


@pytest.mark.parametrize("name", ["ivg37_time", "ivg37_delegated_v2", "o3ow2_subnet_key", "uzr34_node_keys"])
def test_the_mainnet_signs_with_the_same_separators_and_suite(name: str) -> None:
    if not VECTORS.is_dir():
        pytest.skip("the recorded certificates are not beside this checkout")
    certificate = cbor2.loads(cbor2.loads((VECTORS / f"{name}.bin").read_bytes())["certificate"])
    key = MAINNET
    if "delegation" in certificate:
        delegation = cbor2.loads(certificate["delegation"]["certificate"])
        assert is_signed(delegation, MAINNET)
        path = (b"subnet", certificate["delegation"]["subnet_id"], b"public_key")
        der = leaves(certificate["delegation"]["certificate"])[path]
        assert der.startswith(BLS_DER)
        key = der[len(BLS_DER) :]
    assert is_signed(certificate, key)


@pytest.mark.parametrize("delegated", [False, True])
def test_a_certificate_has_the_form_of_the_spec(*, delegated: bool) -> None:
    authority = Authority(b"seed", delegated=delegated)
    raw = authority.issue({b"a": b"1"}, time=NOW)
    assert raw[:3] == bytes.fromhex("d9d9f7")
    certificate = cbor2.loads(raw)
    assert set(certificate) == {"tree", "signature"} | ({"delegation"} if delegated else set())
    assert leaves(raw) == {(b"a",): b"1", (b"time",): unsigned(NOW)}
    assert len(certificate["signature"]) == 48
    key = authority.root_key
    assert (len(key), key[: len(BLS_DER)]) == (133, BLS_DER)
    if delegated:
        delegation = certificate["delegation"]
        assert delegation["subnet_id"] == authority.subnet.raw
        inner = cbor2.loads(delegation["certificate"])
        assert "delegation" not in inner
        assert is_signed(inner, key[len(BLS_DER) :])
        told = leaves(delegation["certificate"])
        flat, sharded = b"subnet", b"canister_ranges"
        assert told[flat, authority.subnet.raw, b"canister_ranges"] in told.values()
        assert (sharded, authority.subnet.raw, bytes(8) + b"\1\1") in told
        key = told[b"subnet", authority.subnet.raw, b"public_key"]
    else:
        # agent-rs derives the id of the root subnet from the root key
        assert authority.subnet.raw == hashlib.sha224(key).digest() + b"\x02"
    assert is_signed(certificate, key[len(BLS_DER) :])


def test_a_delegation_is_renewed_each_day() -> None:
    authority = Authority(b"seed", delegated=True)
    days = [NOW, NOW + 1, NOW + 86_400 * 10**9, NOW]
    issued = [cbor2.loads(authority.issue({}, time=time))["delegation"]["certificate"] for time in days]
    assert issued[0] == issued[1] == issued[3]
    assert issued[0] != issued[2]


def test_keys_follow_from_the_seed() -> None:
    first, second, other = Authority(b"seed"), Authority(b"seed"), Authority(b"seeds")
    assert (first.root_key, first.node.principal) == (second.root_key, second.node.principal)
    assert first.root_key != other.root_key
    assert first.node.principal != other.node.principal
    assert SubnetKey(b"seed", "root").public_der != SubnetKey(b"seed", "subnet").public_der


def test_the_certificate_that_a_canister_hands_on() -> None:
    authority, canister = Authority(b"seed"), Principal(bytes(8) + b"\1\1")
    raw = data_certificate(authority, canister, b"data", time=NOW)
    assert leaves(raw)[b"canister", canister.raw, b"certified_data"] == b"data"


FULL: Tree = {b"a": {b"x": b"1", b"y": {b"z": b"2"}}, b"b": b"3"}


@pytest.mark.parametrize(
    ("paths", "shown"),
    [
        pytest.param([], {}, id="nothing asked, nothing told"),
        pytest.param([[b"b"]], {b"b": b"3"}, id="a value"),
        pytest.param([[b"a", b"x"]], {b"a": {b"x": b"1"}}, id="one of two values"),
        pytest.param([[b"a"], [b"a", b"x"]], {b"a": FULL[b"a"]}, id="all, then a part of it"),
        pytest.param([[b"a", b"x"], [b"a"]], {b"a": FULL[b"a"]}, id="a part, then all of it"),
        pytest.param([[b"a", b"x"], [b"a", b"y", b"z"]], {b"a": FULL[b"a"]}, id="two parts"),
        pytest.param([[b"c"], [b"a", b"q"]], {b"a": {}}, id="what there is not: an empty tree proves it"),
        pytest.param([[b"b", b"deeper"]], {b"b": b"3"}, id="below a value: the value proves that nothing is there"),
    ],
)
def test_what_is_revealed(paths: list[list[bytes]], shown: Tree) -> None:
    before = repr(FULL)
    assert reveal(FULL, paths) == shown
    assert repr(FULL) == before


@given(st.dictionaries(st.binary(max_size=4), st.binary(max_size=4)))
def test_labels_ascend_and_forks_are_balanced(values: dict[bytes, bytes]) -> None:
    node, root = hashed({**values})
    seen: list[bytes] = []

    def depth(node: Sequence[Any]) -> int:
        if node[0] == hashtree.FORK:
            return 1 + max(depth(node[1]), depth(node[2]))
        if node[0] == hashtree.LABELED:
            seen.append(node[1])
        return 0

    assert depth(node) <= max(0, len(values) - 1).bit_length()
    assert seen == sorted(values)
    assert root == root_of(node)


@given(st.integers(min_value=0, max_value=1 << 80))
def test_numbers_are_as_short_as_they_can_be(number: int) -> None:
    raw = unsigned(number)
    assert sum((byte & 0x7F) << 7 * i for i, byte in enumerate(raw)) == number
    assert len(raw) == max(1, -(-number.bit_length() // 7))


def test_there_are_no_negative_numbers() -> None:
    with pytest.raises(ValueError, match="-1 is negative"):
        unsigned(-1)
