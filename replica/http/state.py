"""The system state tree: which paths who may read, and what is there. Interface spec, "Request: Read state".

The statuses and words of a refusal are those of dfinity/ic, rs/http_endpoints/public (read there).
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from replica.certificates.authority import tagged
from replica.certificates.leb128 import unsigned
from replica.certificates.tree import reveal
from replica.http.answer import HttpError

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.candid.principal import Principal
    from replica.certificates.authority import Authority
    from replica.certificates.tree import Tree
    from replica.http.network import Network, RequestStatus
    from replica.requests.authenticate import Scope
    from replica.requests.envelope import ReadState

_REQUEST_ID = 32  # bytes
_OF_REQUEST = frozenset({b"status", b"reply", b"reject_code", b"reject_message", b"error_code"})
_OF_CANISTER = frozenset({b"module_hash", b"controllers", b"canister_creation_timestamp", b"last_install_timestamp"})
_OF_SUBNET = frozenset({b"public_key", b"type", b"node"})
_OF_BOUNDARY = frozenset({b"domain", b"ipv4_address", b"ipv6_address"})

# From this version of the URL on canister ranges stand under a path of their own. Changelog of the spec, 0.50.
_SHARDED = 3

_BAD, _FORBIDDEN = HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN


@dataclass(frozen=True, slots=True)
class Place:
    """Where the state is read: the URL's version (2 or 3), its id, and whether that is of a subnet."""

    version: int
    effective: Principal
    subnet: bool


class StateTree:
    """Builds the part of the state tree that a request asks for, of what its sender may see."""

    def __init__(self, network: Network, authority: Authority, status: Callable[[bytes], RequestStatus | None]) -> None:
        self._network = network
        self._authority = authority
        self._status = status

    def read(self, request: ReadState, scope: Scope, place: Place) -> bytes:
        """Return a certificate of what is at the paths of a proven request. Raises HttpError if one is not allowed."""
        return _Reading(self._network, self._authority, self._status, request, scope, place).certificate()

    def of_request(self, request_id: bytes, status: RequestStatus) -> bytes:
        """Return a certificate of the status of a call, for the answer to the call itself."""
        tree: Tree = {b"request_status": {request_id: _request_tree(status)}}
        return self._authority.issue(tree, time=self._network.time())


class _Reading:
    """One request: the tree grows with each path that is allowed."""

    def __init__(
        self,
        network: Network,
        authority: Authority,
        status: Callable[[bytes], RequestStatus | None],
        request: ReadState,
        scope: Scope,
        place: Place,
    ) -> None:
        self._network = network
        self._authority = authority
        self._status = status
        self._request = request
        self._scope = scope
        self._place = place
        self._request_id: bytes | None = None
        self._ranges_of: bytes | None = None
        self._canister: dict[bytes, Tree | bytes] = {}
        self._metadata: dict[bytes, Tree | bytes] = {}
        self._tree: Tree = {}

    def certificate(self) -> bytes:
        for path in self._request.paths:
            self._allow(path)
        return self._authority.issue(reveal(self._tree, self._request.paths), time=self._network.time())

    def _allow(self, path: tuple[bytes, ...]) -> None:
        match path:
            case (b"time",):
                pass
            case (b"subnet", *below) if self._is_of_subnet(below):
                self._tree[b"subnet"] = {self._authority.subnet.raw: self._subnet_tree()}
            case (b"canister_ranges", subnet) if self._place.subnet:
                self._allow_ranges(subnet)
            case (b"request_status", request_id, *field) if not field or (len(field) == 1 and field[0] in _OF_REQUEST):
                self._allow_request(request_id)
            case (b"canister", canister, field) if not self._place.subnet and field in _OF_CANISTER:
                self._own(canister)
                self._canister.update(self._canister_tree())
            case (b"canister", canister, b"metadata", name) if not self._place.subnet:
                self._own(canister)
                self._allow_metadata(name)
            case (b"api_boundary_nodes", *below) if _is_of_boundary(below):
                pass  # there is none
            case _:
                raise HttpError(HTTPStatus.NOT_FOUND, "Invalid path requested.")

    def _is_of_subnet(self, below: list[bytes]) -> bool:
        match below:
            case [] | [_]:
                return True
            case [subnet, b"canister_ranges"]:
                return self._place.version < _SHARDED or self._is_root(subnet)
            case [subnet, b"metrics"]:
                return self._place.subnet and subnet == self._place.effective.raw
            case [_, field]:
                return field in _OF_SUBNET
            case [_, b"node", _] | [_, b"node", _, b"public_key"]:
                return True
        return False

    def _is_root(self, subnet: bytes) -> bool:
        return self._authority.is_root and subnet == self._authority.subnet.raw

    def _subnet_tree(self) -> Tree:
        tree = self._authority.subnet_tree()
        if self._place.version >= _SHARDED and not self._authority.is_root:
            del tree[b"canister_ranges"]
        if self._place.subnet and self._place.effective == self._authority.subnet:
            metrics = self._network.metrics()
            # Only if it is asked for by its own path: a whole subnet is asked for by many clients, this by few.
            if metrics is not None and (b"subnet", self._authority.subnet.raw, b"metrics") in self._request.paths:
                tree[b"metrics"] = metrics
        return tree

    def _allow_ranges(self, subnet: bytes) -> None:
        if self._ranges_of not in {None, subnet}:
            raise HttpError(_BAD, "More than one subnet in the canister_ranges paths.")
        self._ranges_of = subnet
        self._tree[b"canister_ranges"] = {self._authority.subnet.raw: self._authority.ranges_tree()}

    def _allow_request(self, request_id: bytes) -> None:
        if len(request_id) != _REQUEST_ID:
            raise HttpError(_BAD, f"Invalid request id in paths: it has {len(request_id)} bytes, not {_REQUEST_ID}.")
        if self._request_id == request_id:
            return
        if self._request_id is not None:
            raise HttpError(_BAD, "More than one request ID in the request_status paths.")
        self._request_id = request_id
        status = self._status(request_id)
        if status is None:
            return  # proven absent, for the tree is complete
        if status.sender != self._request.sender:
            raise HttpError(_FORBIDDEN, "The user tries to access Request ID not signed by the caller.")
        if status.effective != self._place.effective:
            raise HttpError(
                _FORBIDDEN, "The request was sent to another effective canister id than the one in the URL."
            )
        if not self._scope.includes(status.canister):
            text = "The user tries to access request IDs for canisters not belonging to sender delegation targets."
            raise HttpError(_FORBIDDEN, text)
        self._tree[b"request_status"] = {request_id: _request_tree(status)}

    def _own(self, canister: bytes) -> None:
        if canister != self._place.effective.raw:
            raise HttpError(_BAD, f"The canister in a path is not the one in the URL, {self._place.effective}.")
        self._tree[b"canister"] = {canister: self._canister}

    def _canister_tree(self) -> Tree:
        state = self._network.canister(self._place.effective)
        if state is None:
            return {}
        tree: Tree = {b"controllers": tagged([controller.raw for controller in state.controllers])}
        if state.module_hash is not None:
            tree[b"module_hash"] = state.module_hash
        if state.created is not None:
            tree[b"canister_creation_timestamp"] = unsigned(state.created)
        if state.installed is not None:
            tree[b"last_install_timestamp"] = unsigned(state.installed)
        return tree

    def _allow_metadata(self, label: bytes) -> None:
        try:
            name = label.decode()
        except UnicodeDecodeError:
            raise HttpError(_BAD, "Could not parse the custom section name: it is not UTF-8.") from None
        section = self._network.metadata(self._place.effective, name)
        if section is None:
            return
        state = self._network.canister(self._place.effective)
        if section.private and (state is None or self._request.sender not in state.controllers):
            text = f"Custom section {name:.100} can only be requested by the controllers of the canister."
            raise HttpError(_FORBIDDEN, text)
        self._metadata[label] = section.content
        self._canister[b"metadata"] = self._metadata


def _is_of_boundary(below: list[bytes]) -> bool:
    match below:
        case [] | [_]:
            return True
        case [_, field]:
            return field in _OF_BOUNDARY
    return False


def _request_tree(status: RequestStatus) -> Tree:
    """Return what is found under `/request_status/<id>`. Spec, "Request status"."""
    tree: Tree = {b"status": status.state.encode()}
    if status.reply is not None:
        tree[b"reply"] = status.reply
    if status.reject is not None:
        tree[b"reject_code"] = unsigned(status.reject.code)
        tree[b"reject_message"] = status.reject.message.encode()
        tree[b"error_code"] = status.reject.error_code.encode()
    return tree
