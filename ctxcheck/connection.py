"""Which canisters a command is about, where they run, and as whom it asks."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from analyzer.candid.principal import Principal
from analyzer.errors import SourceError, UsageError
from analyzer.sources.disk import Disk
from analyzer.sources.packages import nearest
from analyzer.sources.projects import PROJECT_FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from migrator.network.agent import Agent
    from migrator.network.environments import Place
    from migrator.network.identity import Identity
    from migrator.network.management import ManagementClient
    from migrator.plan.model import Network


class Target(NamedTuple):
    """A canister. name: as the project has it, else its id."""

    name: str
    id: bytes

    @property
    def text(self) -> str:
        """The id as text."""
        return str(Principal(self.id))


class Connection(NamedTuple):
    """A network, asked as somebody. project: the folder that has the project's files."""

    project: Path
    place: Place
    agent: Agent
    client: ManagementClient

    def targets(self, names: Sequence[str]) -> list[Target]:
        """Return the canisters of some names, all that are known there for none. Raises UsageError."""
        from migrator.network.environments import canister_id  # noqa: PLC0415 - loaded for the network alone

        if not names and not self.place.ids:
            msg = f"no canister of {self.place.name} is known"
            raise UsageError(msg, hint="name one by its id, or deploy the project there first")
        return [Target(name, canister_id(self.place, name)) for name in names or sorted(self.place.ids)]


@contextmanager
def connected(
    *,
    environment: str | None,
    network: str | None,
    root_key: str | None,
    identity: str | None,
    identity_file: Path | None,
    identity_command: str | None,
    identity_password_file: Path | None,
    planned: Network | None = None,
) -> Iterator[Connection]:
    """Give the network that the options name, else the one that a plan was made for.

    Raises UsageError, SourceError, NetworkError.
    """
    from migrator.network.agent import Agent, fetch_root_key  # noqa: PLC0415 - loaded for the network alone
    from migrator.network.bls import der_key  # noqa: PLC0415
    from migrator.network.environments import Place, find_place  # noqa: PLC0415
    from migrator.network.management import ManagementClient  # noqa: PLC0415
    from migrator.network.transport import Transport  # noqa: PLC0415

    project = project_folder()
    if planned is not None and environment is None and network is None:
        place = Place(planned.name, planned.url, der_key(bytes.fromhex(planned.root_key)), {}, _tool(project))
    else:
        place = find_place(project, environment=environment, network=network, root_key=root_key)
    who = chosen_identity(place.tool, identity, identity_file, identity_command, identity_password_file)
    transport = Transport(place.url)
    try:
        key = place.root_key
        if key is None and transport.is_local:
            key = fetch_root_key(transport)
        agent = Agent(transport, who, key, clock=time.time_ns)
        yield Connection(project, place, agent, ManagementClient(agent))
    finally:
        transport.close()


def _tool(project: Path) -> str | None:
    """Return whose identity asks where none is named: of the tool that the project is of."""
    names = {"icp": "icp.yaml", "dfx": "dfx.json"}
    return next((tool for tool, name in names.items() if (project / name).is_file()), None)


def project_folder() -> Path:
    """Return the folder that has the project's files; the working folder where none has."""
    return Path(nearest(Disk(), Path.cwd(), *PROJECT_FILES))


def chosen_identity(
    tool: str | None, name: str | None, file: Path | None, command: str | None, password_file: Path | None
) -> Identity:
    """Return who asks: who is named, else whom a tool takes, else nobody. tool: `icp` or `dfx`.

    Raises UsageError, SourceError.
    """
    from migrator.network import identities  # noqa: PLC0415 - see above

    given = [one for one in (name, file, command) if one is not None]
    if len(given) > 1:
        msg = "--identity, --identity-file and --identity-command are three ways to say one thing"
        raise UsageError(msg)
    password = _password(password_file)
    if file is not None:
        return identities.identity_of_file(file, password=password)
    if command is not None:
        return identities.identity_of_command(command)
    if name is None and tool is not None:
        name = identities.default_identity(tool)
    return identities.identity_named(name or "anonymous", password=password)


def _password(file: Path | None) -> Callable[[str], bytes] | None:
    if file is not None:
        try:
            content = file.read_bytes().rstrip(b"\r\n")
        except OSError as error:
            msg = f"this cannot be read: {error.strerror}"
            raise SourceError(msg, where=str(file)) from None
        return lambda _: content
    if not sys.stdin.isatty():
        return None
    return lambda words: str(click.prompt(words, hide_input=True, err=True)).encode()


def confirmed(question: str, *, yes: bool) -> None:
    """Ask before something is changed. Raises UsageError: nobody is there to ask; click.Abort: no."""
    if yes:
        return
    if not sys.stdin.isatty():
        msg = "this asks before it changes something, and nobody is there to answer"
        raise UsageError(msg, hint="-y answers yes")
    click.confirm(question, abort=True, err=True)
