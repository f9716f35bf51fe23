"""Who may say that a request is theirs. Interface spec, "Authentication" and "Signatures"."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from analyzer.candid.principal import Principal
from replica.requests.authenticate import Refused, Scope, authenticate
from replica.requests.cbor import Malformed
from replica.requests.envelope import read_envelope
from replica.requests.hashing import hash_of_map
from replica.requests.replay import Known, TooMany
from tests.replica.gateway.echo import ECHO
from tests.replica.gateway.sender import MINUTE, Fields, Sender, content, encoded, now

if TYPE_CHECKING:
    from collections.abc import Callable

    from replica.requests.envelope import Kind

ROOT, MIDDLE, LAST, MALLORY = Sender(), Sender("p256"), Sender("secp256k1"), Sender()
OTHER = Principal.parse("ryjl3-tyaaa-aaaaa-aaaba-cai")


def prove(envelope: Fields, kind: Kind = "call") -> Scope:
    return authenticate(read_envelope(encoded(envelope), kind), kind, now=now())


def chained(*links: Fields, kind: str = "call", last: Sender = LAST) -> Fields:
    return last.envelope(content(kind), chain=list(links), root=ROOT)


@pytest.mark.parametrize("kind", ["ed25519", "p256", "secp256k1"])
def test_each_kind_of_key_signs(kind: str) -> None:
    sender = Sender(kind)
    assert prove(sender.envelope(content())) == Scope()
    wrong = sender.envelope(content())
    for broken in (wrong["sender_sig"][:-1] + bytes([wrong["sender_sig"][-1] ^ 1]), bytes(64), b"\xff" * 64):
        with pytest.raises(Refused, match="does not verify"):
            prove(wrong | {"sender_sig": broken})
    with pytest.raises(Refused, match="a signature has 64 bytes, not 70"):
        prove(wrong | {"sender_sig": bytes(70)})


@pytest.mark.parametrize(
    ("links", "canisters"),
    [
        pytest.param(lambda: [ROOT.delegate(LAST)], None, id="one link"),
        pytest.param(lambda: [ROOT.delegate(MIDDLE), MIDDLE.delegate(LAST)], None, id="two links of three kinds"),
        pytest.param(lambda: [ROOT.delegate(LAST, targets=[ECHO.raw])], {ECHO}, id="for one canister"),
        pytest.param(
            lambda: [ROOT.delegate(MIDDLE, targets=[ECHO.raw, OTHER.raw]), MIDDLE.delegate(LAST, targets=[ECHO.raw])],
            {ECHO},
            id="each link narrows",
        ),
        pytest.param(lambda: [ROOT.delegate(LAST, permissions="all")], None, id="for everything, in so many words"),
    ],
)
def test_chains_that_hold(links: Callable[[], list[Fields]], canisters: set[Principal] | None) -> None:
    assert prove(chained(*links())) == Scope(None if canisters is None else frozenset(canisters))


@pytest.mark.parametrize(
    ("links", "words"),
    [
        pytest.param(list, "does not verify", id="no link at all"),
        pytest.param(lambda: [MALLORY.delegate(LAST)], "does not verify", id="signed by another"),
        pytest.param(lambda: [ROOT.delegate(MIDDLE)], "does not verify", id="to another than who signs"),
        pytest.param(
            lambda: [MIDDLE.delegate(LAST), ROOT.delegate(MIDDLE)], "does not verify", id="the wrong way round"
        ),
        pytest.param(lambda: [ROOT.delegate(LAST, expiration=now() - 1)], "has expired", id="expired"),
        pytest.param(
            lambda: [ROOT.delegate(MIDDLE, expiration=now() - 1), MIDDLE.delegate(LAST)],
            "has expired",
            id="first expired",
        ),
        pytest.param(lambda: [ROOT.delegate(ROOT), ROOT.delegate(LAST)], "appears twice", id="to oneself"),
        pytest.param(
            lambda: [ROOT.delegate(MIDDLE), MIDDLE.delegate(ROOT), ROOT.delegate(LAST)],
            "appears twice",
            id="in a circle",
        ),
        pytest.param(lambda: [ROOT.delegate(LAST, targets=[OTHER.raw])], "not one of the targets", id="for another"),
        pytest.param(lambda: [ROOT.delegate(LAST, targets=[])], "not one of the targets", id="for none"),
        pytest.param(
            lambda: [ROOT.delegate(MIDDLE, targets=[OTHER.raw]), MIDDLE.delegate(LAST, targets=[ECHO.raw])],
            "not one of the targets",
            id="a later link cannot widen",
        ),
        pytest.param(
            lambda: [ROOT.delegate(MIDDLE, permissions="queries"), MIDDLE.delegate(LAST, permissions="all")],
            "permits queries only",
            id="a later link cannot lift",
        ),
    ],
)
def test_chains_that_break(links: Callable[[], list[Fields]], words: str) -> None:
    with pytest.raises(Refused, match=words):
        prove(chained(*links()))


@pytest.mark.parametrize(
    ("links", "words"),
    [
        pytest.param([ROOT.delegate(LAST)] * 21, "21 delegations", id="too long a chain"),
        pytest.param([ROOT.delegate(LAST, targets=[ECHO.raw] * 1001)], "1001 targets", id="too many targets"),
        pytest.param([ROOT.delegate(LAST, permissions="some")], "unknown permissions", id="permissions nobody knows"),
        pytest.param([{"delegation": 1, "signature": b""}], "delegation must be a map", id="a number"),
        pytest.param([{"delegation": {}, "signature": b""}], "pubkey must be bytes", id="an empty delegation"),
    ],
)
def test_chains_that_are_none(links: list[Fields], words: str) -> None:
    with pytest.raises(Malformed, match=words):
        prove(chained(*links))


def test_a_delegation_for_queries_is_good_for_questions() -> None:
    link = ROOT.delegate(LAST, permissions="queries")
    assert prove(chained(link, kind="query"), "query") == Scope()
    assert prove(chained(link, kind="read_state"), "read_state") == Scope()


def test_a_key_has_one_form() -> None:
    compressed = LAST.key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    header = bytes.fromhex("3036301006072a8648ce3d020106052b8104000a032200")
    for der in (header + compressed, LAST.der + b"\0", Sender("p384").der, b"", b"\x30\x80" + bytes(300)):
        envelope = LAST.envelope(content())
        with pytest.raises(Refused, match="is not the principal of sender_pubkey"):
            prove(envelope | {"sender_pubkey": der})
        with pytest.raises(Refused, match="the key is"):
            prove(chained(delegated_to(der)))


def delegated_to(der: bytes) -> Fields:
    """Return a delegation that the root signed, to a key in a form of its own."""
    delegation: Fields = {"pubkey": der, "expiration": now() + MINUTE}
    return {
        "delegation": delegation,
        "signature": ROOT.sign(b"\x1aic-request-auth-delegation" + hash_of_map(delegation)),
    }


def test_a_request_lives_five_minutes() -> None:
    for ahead in (1, 4, 5):
        prove(ROOT.envelope(content(ingress_expiry=now() + ahead * MINUTE)))
    for ahead in (-1, 6, 1 << 20):
        with pytest.raises(Refused, match="Specified ingress_expiry not within expected range"):
            prove(ROOT.envelope(content(ingress_expiry=max(0, now() + ahead * MINUTE))))


def test_known_calls_are_forgotten_when_they_expire() -> None:
    known = Known(limit=2)
    assert known.admit(b"a", expiry=10, now=0)
    assert not known.admit(b"a", expiry=10, now=10)
    assert known.admit(b"b", expiry=20, now=0)
    with pytest.raises(TooMany):
        known.admit(b"c", expiry=20, now=10)
    assert known.admit(b"c", expiry=20, now=11)
    known.forget(b"c")
    with pytest.raises(TooMany):
        known.admit(b"c", expiry=20, now=11)
    assert known.admit(b"c", expiry=30, now=21)
