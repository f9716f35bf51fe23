"""Requests: their ids, what signs them, and that no key shows."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_public_key,
)

from analyzer.candid.principal import Principal
from analyzer.errors import SourceError
from migrator.network.cbor import decode
from migrator.network.identity import Anonymous, Key, from_pem
from migrator.network.request import MAX_EXPIRY, Value, call, leb128, query, read_state, request_id

NOW = 1_700_000_000_000_000_000
CANISTER = bytes.fromhex("00000000000004d2")
PRIVATE: dict[str, Any] = {
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
    "secp256k1": ec.generate_private_key(ec.SECP256K1()),
    "p256": ec.generate_private_key(ec.SECP256R1()),
}
PKCS8, SEC1 = PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL
KEYS = [
    pytest.param("ed25519", PKCS8, id="Ed25519"),
    pytest.param("secp256k1", PKCS8, id="secp256k1"),
    pytest.param("secp256k1", SEC1, id="secp256k1, as dfx writes it"),
    pytest.param("p256", PKCS8, id="P-256"),
    pytest.param("p256", SEC1, id="P-256, in the older form"),
]


def pem(kind: str, form: PrivateFormat) -> bytes:
    found: bytes = PRIVATE[kind].private_bytes(Encoding.PEM, form, NoEncryption())
    return found


def test_the_id_is_that_of_the_specification() -> None:
    # The example of interface spec 0.66, "Request id".
    content: dict[str, Value] = {
        "request_type": "call", "sender": b"\x04", "ingress_expiry": 1_685_570_400_000_000_000,
        "canister_id": CANISTER, "method_name": "hello", "arg": b"DIDL\x00\xfd*",
    }  # fmt: skip
    assert request_id(content).hex() == "1d1091364d6bb8a6c16b203ee75467d59ead468f523eb058880ae8ec80e2b101"


@pytest.mark.parametrize(("kind", "form"), KEYS)
def test_a_call_is_signed(kind: str, form: PrivateFormat) -> None:
    key = from_pem(pem(kind, form), "key.pem")
    envelope = call(key, CANISTER, "hello", b"DIDL\0\0", now=NOW)
    sent = decode(envelope.data)
    assert envelope.data.startswith(bytes.fromhex("d9d9f7"))
    assert dict(sent["content"]) | {"nonce": b""} == {
        "request_type": "call", "canister_id": CANISTER, "method_name": "hello", "arg": b"DIDL\0\0", "nonce": b"",
        "sender": key.sender, "ingress_expiry": NOW + MAX_EXPIRY,
    }  # fmt: skip
    assert envelope.request_id == request_id(dict(sent["content"]))
    assert (envelope.expiry, len(sent["content"]["nonce"])) == (NOW + MAX_EXPIRY, 16)
    message, signature = b"\x0aic-request" + envelope.request_id, sent["sender_sig"]
    public = load_der_public_key(sent["sender_pubkey"])
    if isinstance(public, ed25519.Ed25519PublicKey):
        public.verify(signature, message)
    else:
        assert isinstance(public, ec.EllipticCurvePublicKey)
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        public.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
        with pytest.raises(InvalidSignature):
            public.verify(encode_dss_signature(r, s), message + b"x", ec.ECDSA(SHA256()))


def test_two_equal_calls_are_two() -> None:
    key = from_pem(pem("ed25519", PKCS8), "key.pem")
    assert len({call(key, CANISTER, "m", b"", now=NOW).request_id for _ in range(5)}) == 5


def test_nobody_signs_nothing() -> None:
    for envelope in (query(Anonymous(), CANISTER, "m", b"", now=NOW), read_state(Anonymous(), [[b"time"]], now=NOW)):
        sent = decode(envelope.data)
        assert set(sent) == {"content"}
        assert str(Principal(sent["content"]["sender"])) == "2vxsx-fae"
    assert [list(path) for path in sent["content"]["paths"]] == [[b"time"]]


@pytest.mark.parametrize(("kind", "form"), KEYS)
def test_no_key_shows(kind: str, form: PrivateFormat) -> None:
    key = from_pem(pem(kind, form), "key.pem")
    assert repr(key) == f"Key({kind}, {Principal(key.sender)})"
    private = PRIVATE[kind]
    raw = (
        private.private_bytes_raw()
        if kind == "ed25519"
        else private.private_numbers().private_value.to_bytes(32, "big")
    )
    shown = f"{key!r} {key} {[getattr(key, name) for name in Key.__slots__]}"
    assert raw.hex() not in shown
    assert repr(raw)[2:-1] not in shown


RSA = rsa.generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
OTHER = ec.generate_private_key(ec.SECP384R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
LOCKED = PRIVATE["p256"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"", "this holds no private key", id="nothing"),
        pytest.param(
            b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----",
            "this holds no private key",
            id="no key in it",
        ),
        pytest.param(RSA, "and this is none of them", id="a key of another kind"),
        pytest.param(OTHER, "and this is none of them", id="another curve"),
        pytest.param(LOCKED, "this key is encrypted", id="an encrypted key"),
    ],
)
def test_what_is_no_key(data: bytes, says: str) -> None:
    with pytest.raises(SourceError) as raised:
        from_pem(data, "key.pem")
    assert says in str(raised.value)
    assert "secret" not in f"{raised.value} {raised.value.hint}"


@pytest.mark.parametrize(("value", "data"), [(0, b"\0"), (127, b"\x7f"), (128, b"\x80\x01"), (624485, b"\xe5\x8e\x26")])
def test_a_number(value: int, data: bytes) -> None:
    assert leb128(value) == data
