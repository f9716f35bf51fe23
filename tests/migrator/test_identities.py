"""Identities by name: those that icp-cli really makes, those of dfx by its format, and what cannot be read."""

from __future__ import annotations

import base64
import json
import os
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from analyzer.candid.principal import Principal
from analyzer.errors import SourceError, UsageError
from migrator.network.identities import default_identity, identity_named, identity_of_command, identity_of_file
from migrator.network.identity import Anonymous, from_pem
from tests.replica.icp import icp_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECRET = b"correct horse"


def pem(key: Any, password: bytes | None = None) -> bytes:  # noqa: ANN401 - a private key
    how = NoEncryption() if password is None else BestAvailableEncryption(password)
    found: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)
    return found


def dfx(folder: Path, name: str, content: bytes | None, details: dict[str, Any] | None = None) -> dict[str, str]:
    place = folder / ".config" / "dfx" / "identity" / name
    place.mkdir(parents=True)
    if content is not None:
        (place / ("identity.pem.encrypted" if details and details.get("encryption") else "identity.pem")).write_bytes(
            content
        )
    if details is not None:
        (place / "identity.json").write_text(json.dumps(details), "utf-8")
    return {"HOME": str(folder)}


@pytest.mark.parametrize("storage", ["plaintext", "password"])
def test_identities_of_icp_cli(tmp_path: Path, storage: str) -> None:
    icp = icp_in(tmp_path)
    (tmp_path / "pw").write_bytes(SECRET)
    more = ("--storage-password-file", "pw") if storage == "password" else ()
    assert icp("identity", "new", "alice", "--storage", storage, *more).returncode == 0
    assert icp("identity", "default", "alice").returncode == 0
    environment = {"ICP_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}
    told = json.loads((tmp_path / "home" / "identity" / "identity_list.json").read_text("utf-8"))
    found = identity_named("alice", password=lambda _: SECRET, environment=environment)
    assert str(Principal(found.sender)) == told["identities"]["alice"]["principal"]
    assert default_identity("icp", environment) == "icp:alice"
    assert len(found.sign(b"message")) == 64
    if storage == "password":
        with pytest.raises(SourceError, match="is encrypted"):
            identity_named("alice", environment=environment)
        with pytest.raises(SourceError, match="not the one of this key"):
            identity_named("alice", password=lambda _: b"wrong", environment=environment)


@pytest.mark.parametrize("storage", ["plaintext", "password"])
def test_ed25519_of_icp_cli(tmp_path: Path, storage: str) -> None:
    """It writes PKCS#8 of version 2, which has the public key in it."""
    icp = icp_in(tmp_path)
    (tmp_path / "pw").write_bytes(SECRET)
    (tmp_path / "key.pem").write_bytes(pem(ed25519.Ed25519PrivateKey.generate()))
    more = ("--storage-password-file", "pw") if storage == "password" else ()
    assert icp("identity", "import", "ed", "--from-pem", "key.pem", "--storage", storage, *more).returncode == 0
    environment = {"ICP_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}
    found = identity_named("ed", password=lambda _: SECRET, environment=environment)
    assert found.sender == identity_of_file(tmp_path / "key.pem").sender
    assert len(found.sign(b"message")) == 64
    kept = tmp_path / "home" / "identity" / "keys" / "ed.pem"
    if storage == "password":
        with pytest.raises(SourceError, match="not the one of this key"):
            identity_named("ed", password=lambda _: b"wrong", environment=environment)
    body = kept.read_bytes().splitlines()
    for length in range(1, len(base64.b64decode(b"".join(body[1:-1])))):
        cut = base64.b64encode(base64.b64decode(b"".join(body[1:-1]))[:length])
        kept.write_bytes(b"\n".join([body[0], cut, body[-1]]))
        with pytest.raises(SourceError):
            identity_named("ed", password=lambda _: SECRET, environment=environment)


def test_the_form_in_which_dfx_once_wrote() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    start, attached = bytes.fromhex("3053020101300506032b657004220420"), bytes.fromhex("a123032100")

    def written(told: bytes) -> bytes:
        body = base64.encodebytes(start + key.private_bytes_raw() + attached + told)
        return b"-----BEGIN PRIVATE KEY-----\n" + body + b"-----END PRIVATE KEY-----\n"

    assert from_pem(written(public), "a file").sender == from_pem(pem(key), "a file").sender
    with pytest.raises(SourceError, match="no private key"):
        from_pem(written(bytes([public[0] ^ 1, *public[1:]])), "a file")


def test_a_keyring_of_icp_cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """icp-cli can keep a keyring's entries in a folder; there is no keyring of the system here."""
    entries = tmp_path / "ring"
    entries.mkdir()
    icp = icp_in(tmp_path, ICP_CLI_KEYRING_MOCK_DIR=str(entries))
    assert icp("identity", "new", "alice", "--storage", "keyring").returncode == 0
    environment = {"ICP_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}
    told = json.loads((tmp_path / "home" / "identity" / "identity_list.json").read_text("utf-8"))
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SourceError, match="the system's keyring") as raised:
        identity_named("alice", environment=environment)
    assert "icp identity export alice" in str(raised.value.hint)

    def get_password(service: str, user: str) -> str:
        return (entries / f"default_{service}_{user}.mockcred").read_text("utf-8")

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=get_password))
    found = identity_named("alice", environment=environment)
    assert str(Principal(found.sender)) == told["identities"]["alice"]["principal"]


KEYS: dict[str, Callable[[], Any]] = {
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
}


@pytest.mark.parametrize("kind", KEYS)
def test_keys_of_each_kind(tmp_path: Path, kind: str) -> None:
    environment = dfx(tmp_path, "carol", pem(KEYS[kind]()))
    found = identity_named("carol", environment=environment)
    assert f"Key({kind}, " in repr(found)
    assert found == identity_named("dfx:carol", environment=environment) or found.sender
    (tmp_path / "locked.pem").write_bytes(pem(KEYS[kind](), SECRET))
    assert len(identity_of_file(tmp_path / "locked.pem", password=lambda _: SECRET).sign(b"m")) == 64


def test_an_encrypted_identity_of_dfx(tmp_path: Path) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    salt, nonce = os.urandom(16), os.urandom(12)
    secret = Argon2id(salt=salt, length=32, iterations=3, lanes=1, memory_cost=64_000).derive(SECRET)
    content = AESGCM(secret).encrypt(nonce, pem(key), None)
    details = {"encryption": {"pw_salt": base64.b64encode(salt).decode().rstrip("="), "file_nonce": list(nonce)}}
    environment = dfx(tmp_path, "dave", content, details)
    found = identity_named("dave", password=lambda _: SECRET, environment=environment)
    assert found.public_key is not None
    with pytest.raises(SourceError, match="not the one of this key"):
        identity_named("dave", password=lambda _: b"wrong", environment=environment)
    with pytest.raises(SourceError, match="is encrypted"):
        identity_named("dave", environment=environment)


def test_who_is_meant(tmp_path: Path) -> None:
    environment = dfx(tmp_path, "alice", pem(KEYS["ed25519"]()))
    listed = tmp_path / ".local" / "share" / "icp-cli" / "identity" / "identity_list.json"
    listed.parent.mkdir(parents=True)
    kinds = {"alice": {"kind": "pem"}, "key": {"kind": "hsm"}, "web": {"kind": "web-auth"}}
    listed.write_text(json.dumps({"identities": kinds}), "utf-8")
    assert isinstance(identity_named("anonymous", environment=environment), Anonymous)
    with pytest.raises(UsageError, match="both icp-cli and dfx"):
        identity_named("alice", environment=environment)
    assert identity_named("dfx:alice", environment=environment).public_key is not None
    with pytest.raises(UsageError, match="there is no identity `nobody`"):
        identity_named("nobody", environment=environment)
    for name, hint in (("key", "a key in a file"), ("web", "a key in a file")):
        with pytest.raises(SourceError, match="which is not read here") as raised:
            identity_named(name, environment=environment)
        assert hint in str(raised.value.hint)


def test_keyrings_and_hardware_of_dfx(tmp_path: Path) -> None:
    environment = dfx(tmp_path, "ring", None, {"keyring_identity_suffix": "ring"})
    with pytest.raises(SourceError) as raised:
        identity_named("ring", environment=environment)
    assert "dfx identity export ring" in str(raised.value.hint)
    environment = dfx(tmp_path, "hard", None, {"hsm": {"pkcs11_lib_path": "x"}})
    with pytest.raises(SourceError, match="`hsm`"):
        identity_named("hard", environment=environment)


def test_a_command(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(pem(KEYS["p256"]()))
    printing = f"{sys.executable} -c \"print(open(r'{tmp_path / 'key.pem'}').read())\""
    assert identity_of_command(printing).sender == identity_of_file(tmp_path / "key.pem").sender
    for command, words in (
        (f"{sys.executable} -c 'raise SystemExit(3)'", "status 3"),
        ("/no/such/program", "cannot be run"),
        (f"{sys.executable} -c pass", "no private key"),
        ("", "cannot be run"),
    ):
        with pytest.raises(SourceError, match=words):
            identity_of_command(command)


@pytest.mark.parametrize(
    "content",
    [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", pem(rsa.generate_private_key(65537, 2048))],
    ids=["nothing", "text", "damaged", "of a kind that the network does not take"],
)  # fmt: skip
def test_what_is_no_key_tells_nothing_of_itself(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    with pytest.raises(SourceError) as raised:
        identity_of_file(path)
    told = f"{raised.value} {raised.value.hint}"
    assert "AAAA" not in told
    assert "nonsense" not in told
    with pytest.raises(SourceError, match="cannot be read"):
        identity_of_file(tmp_path / "nothing")
