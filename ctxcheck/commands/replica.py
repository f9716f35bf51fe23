"""`ctxcheck replica`."""

from __future__ import annotations

import ipaddress
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from analyzer.errors import UsageError
from analyzer.sources.disk import Disk
from analyzer.sources.packages import nearest
from analyzer.sources.projects import PROJECT_FILES
from ctxcheck.modules import module_cache
from replica.note import Note, Place

if TYPE_CHECKING:
    from types import FrameType

_SECONDS = 30  # for a network to start in the background, and to stop
_LOOK = 0.02


_noted = click.option(
    "--ready-file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where the running network is noted: URL, root key and process, as one line of JSON. "
    "Default: .ctxcheck/replica.json of the project.",
)


class Listening(NamedTuple):
    """Where and how a network answers."""

    port: int
    host: str
    anywhere: bool
    for_ic_py: bool

    def words(self) -> list[str]:
        """Return the options that say so."""
        switches = ["--anywhere"] * self.anywhere + ["--for-ic-py"] * self.for_ic_py
        return [f"--port={self.port}", f"--host={self.host}", *switches]


@click.group("replica", short_help="Run an embedded network for tests, rehearsals and CI.")
def command() -> None:
    """Run an embedded Internet Computer on this machine: real canisters, and the HTTP interface of real clients.

    It is a network for tests: one node, no consensus, cycles that cost nothing. docs/replica.md tells more.
    """


@command.command("start", short_help="Start a network; it runs until it is stopped.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: a free one.")
@click.option("--host", default="127.0.0.1", metavar="ADDRESS", help="Loopback, or with --anywhere any address.")
@click.option("--anywhere", is_flag=True, help="Let other machines in: whoever reaches the network controls it.")
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep everything in this folder. Default: what happens is gone with the network.",
)
@click.option("--background", is_flag=True, help="Return once it answers; `ctxcheck replica stop` ends it.")
@_noted
@click.option("--for-ic-py", is_flag=True, help="Answer as ic-py 1.0.1 can read: without the CBOR tag.")
def start(*, state: Path | None, background: bool, ready_file: Path | None, **listening: Any) -> None:  # noqa: ANN401
    """Start a network, and print its URL and root key as one line of JSON when it answers.

    \b
    Exit status:
      0  it was stopped by Ctrl-C, SIGTERM or `ctxcheck replica stop`
      2  the address or the port cannot be used
      3  the folder of --state is used, damaged, or of a later version
      7  a network runs here already
    """  # noqa: D301 - click's mark for lines that stay as they are
    how = Listening(**listening)
    _check(how)
    place = Place(ready_file or _default())
    if background:
        _start_behind(place, state, how)
        return
    from replica import Replica  # noqa: PLC0415 - wasmtime is loaded for a network alone

    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, end)
    with place, Replica(state=state, cache=module_cache()) as network:
        try:
            serving = network.serve(**how._asdict())
            server = serving.__enter__()
        except OSError as error:
            msg = f"port {how.port} of {how.host} cannot be used: {error.strerror}"
            raise UsageError(msg, hint="without --port a free one is taken") from None
        try:
            note = Note(server.url, server.root_key.hex(), os.getpid(), None if state is None else str(state.resolve()))
            place.write(note)
            _say(note)
            while not ended.wait(1):
                pass
        finally:
            serving.__exit__(None, None, None)


def _check(how: Listening) -> None:
    try:
        address = ipaddress.ip_address(how.host)
    except ValueError:
        msg = f"`{how.host}` is not an IP address"
        raise UsageError(msg, hint="127.0.0.1 is this machine") from None
    if not address.is_loopback and not how.anywhere:
        msg = f"{how.host} lets other machines in, and whoever reaches the network controls it"
        raise UsageError(msg, hint="--anywhere says that this is meant")


def _default() -> Path:
    project = Path(nearest(Disk(), Path.cwd(), *PROJECT_FILES))
    folder = project / ".ctxcheck"
    folder.mkdir(exist_ok=True, mode=0o700)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", "utf-8")
    return folder / "replica.json"


def _say(note: Note) -> None:
    click.echo(note.line())
    if sys.stderr.isatty():
        lines = [
            "",
            "A network for tests runs. Ctrl-C stops it" + ("." if note.state else " and all that is in it is gone."),
            "",
            f"  icp canister call CANISTER METHOD -n {note.url} -k {note.root_key}",
            "",
        ]
        click.echo("\n".join(lines), err=True)


def _start_behind(place: Place, state: Path | None, how: Listening) -> None:
    """Start the same in a process of its own, and wait until it answers."""
    arguments = [sys.executable, "-m", "ctxcheck", "replica", "start", *how.words(), f"--ready-file={place.path}"]
    if state is not None:
        arguments.append(f"--state={state.resolve()}")
    with place:  # refuses where one runs already
        pass
    log = place.path.with_name(place.path.name + ".log")
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        child = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=descriptor, stderr=descriptor, start_new_session=True
        )
    finally:
        os.close(descriptor)
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        note = place.read()
        if note is not None:
            _say(note)
            return
        code = child.poll()
        if code is not None:
            click.echo(log.read_text("utf-8").rstrip(), err=True)
            raise SystemExit(code)
        time.sleep(_LOOK)
    child.terminate()
    msg = f"the network did not start within {_SECONDS} seconds"
    raise UsageError(msg, hint=f"{log} tells what it did")


@command.command("status", short_help="Tell whether a network runs, and where.")
@_noted
def status(*, ready_file: Path | None) -> None:
    """Print the running network as one line of JSON.

    \b
    Exit status:
      0  it runs
      1  none runs
    """  # noqa: D301 - see above
    note = Place(ready_file or _default()).read()
    if note is None:
        click.echo("no network runs here: `ctxcheck replica start`", err=True)
        raise SystemExit(1)
    click.echo(note.line())


@command.command("stop", short_help="Stop the running network.")
@_noted
def stop(*, ready_file: Path | None) -> None:
    """Stop the network that runs here, and wait until it is gone.

    \b
    Exit status:
      0  it is stopped, or none ran
      1  it does not stop
    """  # noqa: D301 - see above
    place = Place(ready_file or _default())
    note = place.read()
    if note is None:
        click.echo("no network runs here", err=True)
        return
    os.kill(note.pid, signal.SIGTERM)
    until = time.monotonic() + _SECONDS
    while place.is_held():
        if time.monotonic() > until:
            click.echo(f"process {note.pid} does not stop", err=True)
            raise SystemExit(1)
        time.sleep(_LOOK)
