"""Certificates: a tree of the state, signed by the network's key or by a subnet that this key delegates to.

Interface spec 0.66, "Certification", "Certificate validation" and "Delegation".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migrator.network.bls import is_signed, raw_key
from migrator.network.cbor import Malformed, decode
from migrator.network.errors import CertificateError
from migrator.network.tree import Found, Tree

MAX_AGE = 5 * 60 * 1_000_000_000  # ns, and as much into the future: no two clocks agree
# Of mainnet. It never changes: who holds another one for mainnet's has been lied to.
MAINNET_KEY = bytes.fromhex(
    "814c0e6ec71fab583b08bd81373c255c3c371b2e84863c98a4f1e08b74235d14fb5d9c0cd546d9685f913a0c0b2cc534"
    "1583bf4b4392e467db96d65b9bb4cb717112f8472e0d5a4d14505ffd7484b01291091c5f87b98883463f98091a0baaae"
)
_STATE_ROOT = b"\x0dic-state-root"
_MAX_RANGES = 10_000


def verified(
    certificate: bytes, *, root_key: bytes, canister: bytes | None, now: int, max_age: int | None = MAX_AGE
) -> Tree:
    """Check signature, delegation, canister ranges and age; return the proven tree.

    certificate: CBOR. root_key: 96-byte G2 point (not DER). canister: the id (bytes) that the answer is about, which a
    delegated subnet has to be in charge of; None where it is about no canister. now: local clock, ns since epoch; what
    is further than `max_age` ns from it is refused, unless that is None. Raises CertificateError with the failed step.
    """
    try:
        whole = _table(decode(certificate), "the certificate", {"tree", "signature"}, {"delegation"})
        tree = Tree(whole["tree"])
        key = root_key
        if whole.get("delegation") is not None:  # some write null where there is none
            key = _delegated(whole["delegation"], root_key, canister)
        if not is_signed(_STATE_ROOT + tree.root, _bytes(whole["signature"]), key):
            msg = "the certificate is not signed by the network"
            raise CertificateError(msg, step="signature")
    except Malformed as error:
        raise CertificateError(str(error), step="form") from None
    if max_age is not None:
        _refuse_other_times(tree, now, max_age)
    return tree


def _table(value: object, what: str, needed: set[str], possible: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        msg = f"{what} is no map"
        raise Malformed(msg)
    table: Mapping[str, Any] = value
    keys = set(table)
    if not needed <= keys or not keys <= needed | possible:
        msg = f"{what} has other keys than {', '.join(sorted(needed | possible))}"
        raise Malformed(msg)
    return table


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        msg = "a value is no bytes"
        raise Malformed(msg)
    return value


def _delegated(delegation: object, root_key: bytes, canister: bytes | None) -> bytes:
    """Return the key of the subnet that the root key delegates to, if that subnet is in charge of the canister.

    A delegation may be weeks old: it is renewed with the subnet's keys, and is in force as long as they are.
    """
    table = _table(delegation, "the delegation", {"subnet_id", "certificate"}, set())
    subnet = _bytes(table["subnet_id"])
    inner = decode(_bytes(table["certificate"]))
    whole = _table(inner, "the delegation's certificate", {"tree", "signature"}, {"delegation"})
    if whole.get("delegation") is not None:
        msg = "a delegation is delegated itself"
        raise CertificateError(msg, step="delegation")
    tree = Tree(whole["tree"])
    if not is_signed(_STATE_ROOT + tree.root, _bytes(whole["signature"]), root_key):
        msg = "the delegation is not signed by the network's root key"
        raise CertificateError(msg, step="delegation")
    key = tree.lookup(b"subnet", subnet, b"public_key")
    if not isinstance(key, Found):
        msg = "the delegation does not show the subnet's key"
        raise CertificateError(msg, step="delegation")
    if canister is not None and not _in_charge(tree, subnet, canister):
        msg = "the subnet that answers is not in charge of this canister"
        raise CertificateError(msg, step="ranges")
    try:
        return raw_key(key.value)
    except ValueError as error:
        raise CertificateError(str(error), step="delegation") from None


def _in_charge(tree: Tree, subnet: bytes, canister: bytes) -> bool:
    """Tell whether a subnet has a canister: by the shards of its ranges (since spec 0.50), else by their one list."""
    shards = [label for label in tree.children(b"canister_ranges", subnet) if label <= canister]
    lists = [tree.lookup(b"canister_ranges", subnet, max(shards))] if shards else []
    lists.append(tree.lookup(b"subnet", subnet, b"canister_ranges"))
    return any(
        low <= canister <= high for found in lists if isinstance(found, Found) for low, high in _ranges(found.value)
    )


def _ranges(data: bytes) -> list[tuple[bytes, bytes]]:
    value = decode(data)
    if not isinstance(value, (list, tuple)) or len(value) > _MAX_RANGES:
        msg = "the ranges of canisters are no list"
        raise Malformed(msg)
    found = []
    for pair in value:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not all(isinstance(one, bytes) for one in pair):  # noqa: PLR2004
            msg = "a range of canisters is no pair of ids"
            raise Malformed(msg)
        found.append((pair[0], pair[1]))
    return found


def _refuse_other_times(tree: Tree, now: int, max_age: int) -> None:
    found = tree.lookup(b"time")
    if not isinstance(found, Found):
        msg = "the certificate does not tell its time"
        raise CertificateError(msg, step="time")
    time = nat(found.value)
    if abs(now - time) > max_age:
        seconds = (now - time) // 1_000_000_000
        says = f"{seconds} s old" if seconds > 0 else f"{-seconds} s in the future"
        msg = f"the certificate is {says}"
        raise CertificateError(msg, step="time")


def nat(data: bytes) -> int:
    """Return an unsigned LEB128 number of at most 64 bits. Raises CertificateError."""
    value = 0
    for place, byte in enumerate(data):
        value |= (byte & 0x7F) << 7 * place
        last = place + 1 == len(data)
        if (byte & 0x80 != 0) == last or value >= 1 << 64:
            break
    else:
        if data:
            return value
    msg = "a number is not as it has to be written"
    raise CertificateError(msg, step="form")
