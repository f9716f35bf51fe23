"""A network with the Context Registry on it, and plans to upgrade it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from analyzer.candid.principal import Principal
from migrator.network.agent import Agent, fetch_root_key
from migrator.network.canister import read_canister
from migrator.network.identity import Key, from_pem
from migrator.network.management import ManagementClient
from migrator.network.transport import Transport
from migrator.plan.build import About, Live, Wanted, WantedCheck, make_plan
from migrator.plan.model import Network
from replica import Replica
from replica.api import ANONYMOUS
from tests.replica import registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrator.plan.file import SavedPlan

FIRST = registry.FIRST
NAME = "context_registry"
CHECKS = (WantedCheck("getCurrentTime"), WantedCheck("listSeasons", expects="same"))


def new_pem() -> bytes:
    """Return a key of nobody else's, as PEM."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def new_key() -> Key:
    """Return a key of nobody else's."""
    return from_pem(new_pem(), "a test")


class Place(NamedTuple):
    """A network that is served, and who asks it."""

    ic: Replica
    agent: Agent
    key: Key
    pem: bytes

    @property
    def network(self) -> Network:
        return Network("local", self.agent.transport.url, self.agent.root_key.hex(), local=True)

    def registry(self, version: str = FIRST, *, filled: bool = True) -> str:
        """Return a new canister with a version on it."""
        name = self.ic.create(controllers=[ANONYMOUS, self.key.sender])
        self.ic.install(name, registry.module(version))
        if filled and version == FIRST:
            registry.fill(self.ic, name)
        return name

    def live(self, name: str) -> Live:
        raw = Principal.parse(name).raw
        client = ManagementClient(self.agent)
        return Live(read_canister(self.agent, raw), client.status(raw), len(client.snapshots(raw)))

    def plan(self, name: str, version: str = "v02_safe_additions", **more: Any) -> SavedPlan:  # noqa: ANN401 - of many fields
        """Return a plan to bring a canister to a version. more: fields of `About` or `Wanted`."""
        of_all = {key: more.pop(key) for key in list(more) if key in About._fields}
        wanted = Wanted(NAME, registry.module(version), self.live(name), checks=more.pop("checks", CHECKS), **more)
        about = About("0.1.0", self.network, str(Principal(self.key.sender)), "Add a motto", **of_all)
        return make_plan(about, [wanted])


@contextmanager
def place() -> Iterator[Place]:
    """Give a network for as long as it is needed."""
    with Replica() as ic, ic.serve() as server:
        transport, pem = Transport(server.url), new_pem()
        key = from_pem(pem, "a test")
        agent = Agent(transport, key, fetch_root_key(transport))
        try:
            yield Place(ic, agent, key, pem)
        finally:
            agent.close()
