"""What is certified of a canister, all of it in one certificate: what runs, who controls it, what it offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from migrator.network.cbor import Malformed, decode
from migrator.network.certificate import nat, verified
from migrator.network.errors import CertificateError, NetworkError
from migrator.network.tree import Absent, Found, Unknown

if TYPE_CHECKING:
    from migrator.network.agent import Agent
    from migrator.network.tree import Tree

CANDID, ARGUMENTS = "candid:service", "candid:args"
STABLE, COMPILER, EOP = "motoko:stable-types", "motoko:compiler", "enhanced-orthogonal-persistence"
SECTIONS = (CANDID, ARGUMENTS, STABLE, COMPILER, EOP)


class CertifiedCanister(NamedTuple):
    """time: ns since epoch, certified. module_hash: None, it is proven to be empty. sections: those that it has.

    hidden: sections that this identity may not see. installed: ns since epoch, None where the network does not tell.
    certificate: CBOR, what proves it.
    """

    id: bytes
    time: int
    module_hash: bytes | None
    controllers: tuple[bytes, ...]
    sections: dict[str, bytes]
    hidden: frozenset[str]
    installed: int | None
    certificate: bytes


def read_canister(agent: Agent, canister: bytes) -> CertifiedCanister:
    """Return what is certified of a canister. Raises NetworkError, CertificateError.

    Private sections are for controllers: where one refuses the whole request, the public ones are asked for alone.
    """
    hidden: set[str] = set()
    while True:
        asked = [name for name in SECTIONS if name not in hidden]
        try:
            certificate = agent.certificate(canister, _paths(canister, asked))
            tree = agent.proven(certificate, canister)
        except CertificateError:
            raise
        except NetworkError:
            if hidden == set(SECTIONS):
                raise
            hidden |= _refused(agent, canister, asked)
            if hidden & set(asked):
                continue
            raise
        return _of_tree(tree, certificate, canister, asked, frozenset(hidden))


def proven_canister(
    certificate: bytes, canister: bytes, *, root_key: bytes, hidden: frozenset[str] = frozenset()
) -> CertifiedCanister:
    """Return what a certificate proves of a canister, however old it is. root_key: 96 bytes. Raises CertificateError.

    hidden: sections that it does not show.
    """
    tree = verified(certificate, root_key=root_key, canister=canister, now=0, max_age=None)
    return _of_tree(tree, certificate, canister, [name for name in SECTIONS if name not in hidden], hidden)


def _paths(canister: bytes, sections: list[str]) -> list[list[bytes]]:
    at = [b"canister", canister]
    paths = [[b"time"], [*at, b"module_hash"], [*at, b"controllers"]]
    return paths + [[*at, b"metadata", name.encode()] for name in sections]


def _refused(agent: Agent, canister: bytes, sections: list[str]) -> set[str]:
    """Return which of the sections the network does not show this identity."""
    refused = set()
    for name in sections:
        try:
            agent.read_state(canister, [[b"canister", canister, b"metadata", name.encode()]])
        except CertificateError:
            raise
        except NetworkError as error:
            if "403" not in error.what:
                raise
            refused.add(name)
    return refused


def _of_tree(
    tree: Tree, certificate: bytes, canister: bytes, sections: list[str], hidden: frozenset[str]
) -> CertifiedCanister:
    at = (b"canister", canister)
    stamp = tree.lookup(b"time")
    found = {name: _proven(tree, *at, b"metadata", name.encode()) for name in sections}
    installed = tree.lookup(*at, b"last_install_timestamp")
    return CertifiedCanister(
        canister,
        nat(stamp.value) if isinstance(stamp, Found) else 0,
        _proven(tree, *at, b"module_hash"),
        _controllers(_proven(tree, *at, b"controllers")),
        {name: content for name, content in found.items() if content is not None},
        hidden,
        nat(installed.value) if isinstance(installed, Found) else None,
        certificate,
    )


def _proven(tree: Tree, *path: bytes) -> bytes | None:
    """Return the value of a path, None where it is proven that there is none. Raises CertificateError: neither."""
    found = tree.lookup(*path)
    if isinstance(found, Found):
        return found.value
    if isinstance(found, Absent):
        return None
    assert isinstance(found, Unknown)  # noqa: S101 - the third of three
    msg = f"the certificate does not show {path[-1].decode('utf-8', 'replace')}, and does not prove that there is none"
    raise CertificateError(msg, step="form")


def _controllers(data: bytes | None) -> tuple[bytes, ...]:
    if data is None:
        msg = "there is no such canister"
        raise NetworkError(msg, hint="is this the right network, and the right id?")
    try:
        found = decode(data)
    except Malformed as error:
        raise CertificateError(str(error), step="form") from None
    if not isinstance(found, (list, tuple)) or not all(isinstance(one, bytes) for one in found):
        msg = "the controllers are no list of principals"
        raise CertificateError(msg, step="form")
    return tuple(found)
