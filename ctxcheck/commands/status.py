"""`ctxcheck status`."""

from __future__ import annotations

import json
import sys
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from analyzer.candid.principal import Principal
from analyzer.model import Verdict
from analyzer.report.drawing import Drawing, Line, wrapped
from analyzer.sources.decisions import read_decisions
from ctxcheck.bytes import of_bytes, of_cycles
from ctxcheck.connection import Connection, Target, connected
from ctxcheck.network_options import network_options
from ctxcheck.paint import show

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from migrator.network.canister import CertifiedCanister
    from migrator.network.management import CanisterStatus

_CANDID, _STABLE, _COMPILER, _EOP = (
    "candid:service", "motoko:stable-types", "motoko:compiler", "enhanced-orthogonal-persistence",
)  # fmt: skip


class Found(NamedTuple):
    """What runs. status: None where this identity may not see it. drift: what says otherwise.

    runs: of this machine that are not over. held_by: who holds the lock of the canister, in words.
    """

    target: Target
    canister: CertifiedCanister
    status: CanisterStatus | None
    snapshots: int | None
    drift: list[str]
    runs: list[str]
    held_by: str | None


@click.command("status", short_help="Show what runs: module, controllers, memory, cycles, and drift.")
@click.argument("canisters", nargs=-1, metavar="[CANISTER]...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@network_options
def command(canisters: tuple[str, ...], *, form: str, **network: Any) -> None:  # noqa: ANN401 - click's options
    """Show what runs on the network, as its certificates say: by names of the project, or by ids.

    What runs is compared with `deployed/` and with the last migration in the history. Runs of this machine that are not
    over, and locks, are shown.

    \b
    Exit status:
      0  shown
      1  something else runs than `deployed/` or the history says
      2  the call is wrong
      5  the network gives no answer, or none that can be believed
    """  # noqa: D301 - click's mark for lines that stay as they are
    with connected(**network) as connection:
        found = [_found(connection, target) for target in connection.targets(canisters)]
    if form == "json":
        document = {
            "schema": "ctxcheck.status/1",
            "network": connection.place.url,
            "canisters": list(map(_values, found)),
        }
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    else:
        show(partial(_lines, connection, found))
    if any(one.drift for one in found):
        raise SystemExit(1)


def _found(connection: Connection, target: Target) -> Found:
    from migrator.lock import holder  # noqa: PLC0415
    from migrator.network.canister import read_canister  # noqa: PLC0415 - loaded for the network alone
    from migrator.network.errors import Rejected  # noqa: PLC0415
    from migrator.runs import unfinished  # noqa: PLC0415

    canister = read_canister(connection.agent, target.id)
    try:
        status = connection.client.status(target.id)
        snapshots = len(connection.client.snapshots(target.id))
    except Rejected as error:
        if error.error_code != "IC0512":
            raise
        status, snapshots = None, None
    folder = connection.project / ".ctxcheck"
    return Found(
        target,
        canister,
        status,
        snapshots,
        [*drift(connection.project, target.name, canister), *_since_last(connection, target, canister)],
        unfinished(folder, {target.text}),
        holder(folder, connection.agent.root_key.hex(), target.text),
    )


def _since_last(connection: Connection, target: Target, canister: CertifiedCanister) -> list[str]:
    """Return in words that the last migration of the history left another module than runs."""
    from migrator.history import entries, read  # noqa: PLC0415 - see above

    text = read(connection.project / read_decisions(connection.project).config.history)
    key = sha256(connection.agent.root_key).hexdigest()[:16]
    mine = [one for one in entries(text) if one.canister == target.text and one.network == key]
    if not mine:
        return []
    left = mine[-1].new if mine[-1].outcome == "committed" else mine[-1].old
    runs = "none" if canister.module_hash is None else canister.module_hash.hex()
    return [] if runs == left else [f"the module that the last migration left ({left[:12]})"]


def drift(project: Path, name: str, canister: CertifiedCanister) -> list[str]:
    """Return the files of `deployed/` that say something else than what runs, by their certified sections."""
    found = []
    for suffix, section in ((".did", _CANDID), (".most", _STABLE)):
        folder = read_decisions(project).config.deployed
        path = project / folder / f"{name}{suffix}"
        content = canister.sections.get(section)
        if path.is_file() and content is not None and path.read_bytes().split() != content.split():
            found.append(f"{folder}/{path.name}")
    return found


def _persistence(canister: CertifiedCanister) -> str:
    if _EOP in canister.sections:
        return "enhanced orthogonal persistence"
    return "unknown persistence" if _EOP in canister.hidden else "no enhanced orthogonal persistence"


def _compiler(canister: CertifiedCanister) -> str | None:
    told = canister.sections.get(_COMPILER)
    return None if told is None else "".join(c for c in told.decode("utf-8", "replace") if c.isprintable())[:80]


def _values(one: Found) -> dict[str, Any]:
    canister, status = one.canister, one.status
    return {
        "name": one.target.name,
        "id": one.target.text,
        "module_hash": None if canister.module_hash is None else canister.module_hash.hex(),
        "controllers": [str(Principal(raw)) for raw in canister.controllers],
        "compiler": _compiler(canister),
        "enhanced_orthogonal_persistence": None if _EOP in canister.hidden else _EOP in canister.sections,
        "certified_time_ns": canister.time,
        "hidden_sections": sorted(canister.hidden),
        "status": None if status is None else status.status,
        "version": None if status is None else status.version,
        "memory_bytes": None if status is None else status.memory_size,
        "cycles": None if status is None else status.cycles,
        "freezing_limit": None if status is None else status.freezing_limit,
        "snapshots": one.snapshots,
        "drift": one.drift,
        "runs_not_over": one.runs,
        "locked_by": one.held_by,
    }


def _lines(connection: Connection, found: list[Found], drawing: Drawing) -> Iterator[Line]:
    yield [(f"{connection.place.name}", "bold"), (f"  {connection.place.url}", "dim")]
    for one in found:
        yield []
        yield from _one(one, drawing)


def _one(one: Found, drawing: Drawing) -> Iterator[Line]:
    canister, status = one.canister, one.status
    running = "empty" if canister.module_hash is None else status.status if status is not None else "installed"
    yield [(one.target.name, "bold"), (f"  {one.target.text}  ", "dim"), (running, "bold")]
    if canister.module_hash is not None:
        yield from _row("module", canister.module_hash.hex(), drawing)
        compiler = _compiler(canister)
        yield from _row("built by", f"{compiler or 'unknown'}; {_persistence(canister)}", drawing)
    yield from _row("controllers", ", ".join(str(Principal(raw)) for raw in canister.controllers) or "nobody", drawing)
    if status is None:
        yield from _row("memory", "for controllers: this identity is none", drawing)
    else:
        parts = f"heap {of_bytes(status.wasm_memory_size)}, stable {of_bytes(status.stable_memory_size)}"
        yield from _row("memory", f"{of_bytes(status.memory_size)}: {parts}, snapshots {one.snapshots}", drawing)
        limit = of_cycles(status.freezing_limit)
        yield from _row("cycles", f"{of_cycles(status.cycles)}, frozen below {limit}", drawing)
    if canister.hidden:
        yield from _row("hidden", f"{', '.join(sorted(canister.hidden))}: for controllers", drawing)
    for path in one.drift:
        mark = drawing.mark(Verdict.BREAKING)
        yield [("  ", ""), (f"{mark} ", "breaking"), (f"drift: {path} is not what runs", "bold")]
    for run in one.runs:
        yield [("  not over   ", "lossy"), (f"run {run}: ctxcheck migrate --resume {run}", "")]
    if one.held_by is not None:
        yield from _row("locked", one.held_by, drawing)


def _row(label: str, text: str, drawing: Drawing) -> Iterator[Line]:
    yield from wrapped(text, drawing, [(f"  {label:<12}", "dim")], [(" " * 14, "")])
