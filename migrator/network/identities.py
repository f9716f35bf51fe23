"""Identities of people by their names, as icp-cli and dfx keep them; or of a file, or of what a command prints.

What is in the files is read when it is needed and never shown. Formats: icp-cli 1.5.0 (seen) and dfx (network.md 3.2).
"""

from __future__ import annotations

import base64
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.errors import SourceError, UsageError
from migrator.network.identity import Anonymous, from_pem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from migrator.network.identity import Identity

    Password = Callable[[str], bytes]  # of a prompt

_SECONDS = 60  # for a command that gives a key, which may ask its user
_MOST = 64 * 1024  # bytes of a key with all that is around it
# dfx: Argon2id, 64,000 KiB, three passes, one lane, 32 bytes (network.md 3.2).
_MEMORY, _PASSES, _LANES, _LENGTH = 64_000, 3, 1, 32
_NONCE = 12  # bytes


class Named(NamedTuple):
    """An identity that a tool keeps. tool: `icp` or `dfx`. kind: how, e.g. `pem`, `keyring`, `hsm`."""

    tool: str
    name: str
    kind: str
    path: Path
    details: Mapping[str, Any]


def identity_named(
    name: str, *, password: Password | None = None, environment: Mapping[str, str] = os.environ
) -> Identity:
    """Return the identity of a name; `icp:NAME` and `dfx:NAME` say whose. password: asks for one.

    Raises UsageError: there is none, or two of it. SourceError: it cannot be read here, and what works instead.
    """
    if name == "anonymous":
        return Anonymous()
    tool, _, rest = name.partition(":")
    wanted = rest if tool in ("icp", "dfx") and rest else name
    found = [one for one in (_of_icp(wanted, environment), _of_dfx(wanted, environment)) if one is not None]
    if wanted != name:
        found = [one for one in found if one.tool == tool]
    if not found:
        msg = f"there is no identity `{wanted}`"
        hint = "`icp identity list` and `dfx identity list` show those that there are; or --identity-file FILE"
        raise UsageError(msg, hint=hint)
    if len(found) > 1:
        msg = f"both icp-cli and dfx have an identity `{wanted}`"
        raise UsageError(msg, hint=f"--identity icp:{wanted}, or --identity dfx:{wanted}")
    return _opened(found[0], password)


def default_identity(tool: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the name of the identity that a tool uses unless told otherwise, with the tool before it."""
    try:
        if tool == "icp":
            told = _json(_icp_folder(environment) / "identity_defaults.json").get("default")
        else:
            told = _json(_dfx_folder(environment) / "identity.json").get("default")
    except SourceError:
        return None
    return f"{tool}:{told}" if isinstance(told, str) and told != "anonymous" else None


def identity_of_file(path: Path, *, password: Password | None = None) -> Identity:
    """Return the identity of a PEM file. Raises SourceError."""
    return from_pem(_bytes(path), str(path), password=_asking(password, str(path)))


def identity_of_command(command: str) -> Identity:
    """Return the identity whose PEM a command prints (`icp identity export NAME`). Raises UsageError, SourceError."""
    where = f"--identity-command {command.split(maxsplit=1)[0]}" if command.strip() else "--identity-command"
    try:
        words = shlex.split(command)
    except ValueError as error:
        msg = f"this is no command: {error}"
        hint = "a program and its arguments as a shell takes them, e.g. 'icp identity export NAME'"
        raise UsageError(msg, where="--identity-command", hint=hint) from None
    try:
        done = subprocess.run(words, stdin=None, stdout=subprocess.PIPE, timeout=_SECONDS, check=False, text=False)
    except (OSError, ValueError, IndexError) as error:
        msg = f"it cannot be run: {error}"
        raise SourceError(msg, where=where) from None
    except subprocess.TimeoutExpired:
        msg = f"it does not end within {_SECONDS} seconds"
        raise SourceError(msg, where=where) from None
    if done.returncode:
        msg = f"it ended with status {done.returncode}"
        raise SourceError(msg, where=where)
    return from_pem(done.stdout[:_MOST], where)


# icp-cli.


def _icp_folder(environment: Mapping[str, str]) -> Path:
    home = environment.get("ICP_HOME")
    if home:
        return Path(home) / "identity"
    base = Path(environment.get("HOME", "~")).expanduser()
    if sys.platform == "darwin":
        return base / "Library" / "Application Support" / "org.dfinity.icp-cli" / "identity"
    data = environment.get("XDG_DATA_HOME", "")
    return (Path(data) if Path(data).is_absolute() else base / ".local" / "share") / "icp-cli" / "identity"


def _of_icp(name: str, environment: Mapping[str, str]) -> Named | None:
    folder = _icp_folder(environment)
    listed = folder / "identity_list.json"
    if not listed.exists():
        return None
    known = _json(listed).get("identities")
    details = known.get(name) if isinstance(known, dict) else None
    if not isinstance(details, dict):
        return None
    return Named("icp", name, str(details.get("kind")), folder / "keys" / f"{name}.pem", details)


# dfx.


def _dfx_folder(environment: Mapping[str, str]) -> Path:
    root = environment.get("DFX_CONFIG_ROOT") or environment.get("HOME", "~")
    return Path(root).expanduser() / ".config" / "dfx"


def _of_dfx(name: str, environment: Mapping[str, str]) -> Named | None:
    folder = _dfx_folder(environment) / "identity" / name
    if not name or "/" in name or not folder.is_dir():
        return None
    details = _json(folder / "identity.json") if (folder / "identity.json").exists() else {}
    for kind in ("hsm", "keyring_identity_suffix", "encryption"):
        if details.get(kind) is not None:
            return Named("dfx", name, kind, folder / "identity.pem.encrypted", details)
    return Named("dfx", name, "pem", folder / "identity.pem", details)


# Opening them.


def _opened(found: Named, password: Password | None) -> Identity:
    where = f"{found.tool} identity {found.name}"
    if found.kind == "pem":
        return from_pem(_bytes(found.path), where, password=_asking(password, where))
    if found.kind == "anonymous":
        return Anonymous()
    if found.kind == "encryption":
        return from_pem(_decrypted(found, _asking(password, where)()), where)
    if found.kind in ("keyring_identity_suffix", "keyring"):
        return from_pem(_of_keyring(found), where)
    msg = f"it is kept as `{found.kind}`, which is not read here"
    raise SourceError(msg, where=where, hint="use an identity with a key in a file")


def _asking(password: Password | None, where: str) -> Callable[[], bytes]:
    def ask() -> bytes:
        if password is None:
            msg = "this key is encrypted"
            raise SourceError(msg, where=where, hint="--identity-password-file FILE, or a terminal to type it into")
        return password(f"password of {where}")

    return ask


def _decrypted(found: Named, password: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - takes time to load
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id  # noqa: PLC0415

    where = f"dfx identity {found.name}"
    try:
        told = found.details["encryption"]
        salt = str(told["pw_salt"])
        raw = base64.b64decode(salt + "=" * (-len(salt) % 4))
        nonce = bytes(told["file_nonce"][:_NONCE])
        key = Argon2id(salt=raw, length=_LENGTH, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY).derive(password)
        return AESGCM(key).decrypt(nonce, _bytes(found.path), None)
    except InvalidTag:
        msg = "the password is not the one of this key"
        raise SourceError(msg, where=where) from None
    except (KeyError, TypeError, ValueError):
        msg = "its encryption is described in another way than dfx does"
        raise SourceError(msg, where=where, hint=f"--identity-command 'dfx identity export {found.name}'") from None


def _of_keyring(found: Named) -> bytes:
    """Return the PEM that a tool keeps in the system's keyring: dfx in hex, icp-cli as it is."""
    where = f"{found.tool} identity {found.name}"
    export = f"--identity-command '{found.tool} identity export {found.name}'"
    try:
        import keyring  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 - an extra
    except ImportError:
        msg = "it is kept in the system's keyring"
        raise SourceError(msg, where=where, hint=f"pip install 'ctxcheck[keyring]', or {export}") from None
    try:
        if found.tool == "icp":
            return str(keyring.get_password("icp-cli", found.name) or "").encode()
        entry = f"internet_computer_identity_{found.details['keyring_identity_suffix']}"
        return bytes.fromhex(keyring.get_password("internet_computer_identities", entry) or "")
    except Exception:  # noqa: BLE001 - whatever a keyring raises; its words might tell what is in it
        msg = "the system's keyring does not give it out"
        raise SourceError(msg, where=where, hint=export) from None


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST)
    except OSError as error:
        msg = f"the key cannot be read: {error.strerror}"
        raise SourceError(msg, where=str(path)) from None


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        msg = "this cannot be read as JSON"
        raise SourceError(msg, where=str(path)) from None
    return found if isinstance(found, dict) else {}
