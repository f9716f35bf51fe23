"""Whoever issues certificates: a subnet, which is the root of trust itself or is delegated to by it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from cbor2 import CBORTag, dumps

from analyzer.candid.principal import Principal
from replica.certificates.keys import NodeKey, SubnetKey, self_authenticating
from replica.certificates.leb128 import unsigned
from replica.certificates.tree import Tree, hashed, separator

if TYPE_CHECKING:
    from collections.abc import Mapping

SELF_DESCRIBED = 55799  # the tag of CBOR that says it is CBOR; interface spec, "CBOR"
_OF_ROOT = separator("ic-state-root")
_DAY = 24 * 60 * 60 * 10**9  # ns
_CANISTER_ID = b"\x01\x01"  # how the ids of canisters end: eight bytes of number, then these

# Every canister id there can be, so that a canister is rehearsed under the id that it has on the mainnet.
ALL_CANISTERS = (Principal(bytes(8) + _CANISTER_ID), Principal(b"\xff" * 8 + _CANISTER_ID))


def tagged(value: object) -> bytes:
    """Return CBOR behind the tag of self-described CBOR, as replicas send it."""
    return dumps(CBORTag(SELF_DESCRIBED, value))


class Authority:
    """The keys of one subnet, and what the state tree says of them.

    seed: any bytes; the same seed makes the same keys. delegated: the subnet is not the root, and each certificate
    carries the root's word for it, as on the mainnet's application subnets. Safe to use from several threads.
    """

    def __init__(self, seed: bytes, *, delegated: bool = False) -> None:
        root = SubnetKey(seed, "root")
        self._root = root
        self._key = SubnetKey(seed, "subnet") if delegated else root
        self._delegated = delegated
        self._delegation: tuple[int, Mapping[str, bytes]] | None = None
        self._lock = threading.Lock()
        self.node = NodeKey(seed)
        # agent-rs computes the id of the root subnet from the root key (seen in its source): it can be no other.
        self.subnet = self_authenticating(self._key.public_der)

    @property
    def root_key(self) -> bytes:
        """DER, 133 bytes: what clients must be given, and take on trust."""
        return self._root.public_der

    @property
    def is_root(self) -> bool:
        """Tell whether certificates come without a delegation."""
        return not self._delegated

    def issue(self, tree: Tree, *, time: int) -> bytes:
        """Return a certificate of a tree and of `/time` (ns since 1970). CBOR, tagged; about 0.7 ms."""
        certificate = _signed(self._key, tree, time)
        if self._delegated:
            certificate["delegation"] = self._delegated_at(time)
        return tagged(certificate)

    def subnet_tree(self) -> Tree:
        """Return what is found under `/subnet/<id>`; see the spec, "Subnet information".

        The type is "application": for any other than "cloud_engine" icp-cli creates canisters the same way.
        """
        return {
            b"public_key": self._key.public_der,
            b"type": b"application",
            b"canister_ranges": _ranges(),
            b"node": {self.node.principal.raw: {b"public_key": self.node.public_der}},
        }

    @staticmethod
    def ranges_tree() -> Tree:
        """Return what is found under `/canister_ranges/<subnet id>`: one shard. Spec, "Canister ranges"."""
        return {ALL_CANISTERS[0].raw: _ranges()}

    def _delegated_at(self, time: int) -> Mapping[str, bytes]:
        """Return the root's delegation, at most a day old; the mainnet renews them weekly (spec, "Query call")."""
        with self._lock:
            if self._delegation is None or not 0 <= time - self._delegation[0] < _DAY:
                subnet = self.subnet.raw
                # The ranges in both places: clients of v2 look in the first, of v3 and v4 in the second.
                told = {name: self.subnet_tree()[name] for name in (b"public_key", b"type", b"canister_ranges")}
                tree: Tree = {b"subnet": {subnet: told}, b"canister_ranges": {subnet: self.ranges_tree()}}
                certificate = tagged(_signed(self._root, tree, time))
                self._delegation = time, {"subnet_id": subnet, "certificate": certificate}
            return self._delegation[1]


def _ranges() -> bytes:
    return tagged([[principal.raw for principal in ALL_CANISTERS]])


def _signed(key: SubnetKey, tree: Tree, time: int) -> dict[str, object]:
    node, root = hashed({**tree, b"time": unsigned(time)})
    return {"tree": node, "signature": key.sign(_OF_ROOT + root)}
