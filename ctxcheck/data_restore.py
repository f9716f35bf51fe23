"""A data backup goes back through restore methods: what is there now is shown first, and read again at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from analyzer.errors import SourceError, UsageError
from analyzer.sources.decisions import read_decisions
from ctxcheck.backing_up import backups_folder, paging_of
from ctxcheck.bytes import PER_BYTE, of_bytes, of_cycles
from ctxcheck.connection import confirmed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from analyzer.candid.types import CandidInterface
    from analyzer.policy.config import DataConfig
    from ctxcheck.connection import Connection, Target
    from migrator.backups.data import CanisterData, Listing, Restoring
    from migrator.backups.listing import Backup


class _Going(NamedTuple):
    """What goes back into a canister. before: what it lists now, by method."""

    name: str
    target: Target
    interface: CandidInterface
    config: DataConfig
    ways: list[Restoring]
    left: int
    before: dict[str, Listing]


def restore_data(
    connection: Connection, found: Backup, to: str | None, age_identity: Path | None, *, yes: bool
) -> None:
    """Say what goes back, what is there now and what it costs, ask, and do it; exits with 1 where not all is there.

    Raises UsageError, SourceError, NetworkError, LockHeld.
    """
    from migrator.backups.data import load_data  # noqa: PLC0415 - for this alone
    from migrator.backups.encryption import Identity  # noqa: PLC0415
    from migrator.lock import locked  # noqa: PLC0415

    data = load_data(found.path, None if age_identity is None else Identity(age_identity))
    if to is not None and len(data) > 1:
        msg = f"the backup has {len(data)} canisters: --to is for one"
        raise UsageError(msg)
    _offer_snapshot(connection.project, {canister.id for canister in data.values()})
    every = [_looked_at(connection, name, canister, to) for name, canister in data.items()]
    going = [one for one in every if one.ways]
    odd = sum(one.left for one in every)
    if going:
        count, size = sum(len(one.ways) for one in going), sum(len(way.arg) for one in going for way in one.ways)
        click.echo("what was written since the backup is lost where a restore method replaces it", err=True)
        click.echo(f"{of_bytes(size)} are sent: about {of_cycles(size * PER_BYTE)} on a subnet of 13 nodes", err=True)
        into = ", ".join(f"{one.name} {one.target.text}" for one in going)
        confirmed(f"restore {count} listings into {into}?", yes=yes)
        folder, key = connection.project / ".ctxcheck", connection.agent.root_key.hex()
        with locked(folder, key, [one.target.text for one in going], "ctxcheck restore"):
            odd += sum(_put_back(connection, one) for one in going)
    if odd:
        raise SystemExit(1)


def _looked_at(connection: Connection, name: str, canister: CanisterData, to: str | None) -> _Going:
    """Find out how listings go back, and what is there now; say so."""
    from analyzer.candid.parse import parse_candid  # noqa: PLC0415 - for this alone
    from migrator.backups.data import read_data, restoring  # noqa: PLC0415
    from migrator.network.canister import CANDID, read_canister  # noqa: PLC0415
    from migrator.network.management import LARGEST_CALL  # noqa: PLC0415

    (target,) = connection.targets([to or canister.id])
    did = read_canister(connection.agent, target.id).sections.get(CANDID)
    if did is None:
        msg = "its module shows no interface"
        raise SourceError(msg, where=target.text)
    interface = parse_candid(did.decode("utf-8", "replace"), f"{name} ({CANDID})")
    config = read_decisions(connection.project).config.of(name).data
    every, missing = restoring(interface, canister, dict(config.restore))
    ways = [way for way in every if len(way.arg) <= LARGEST_CALL]
    large = [way for way in every if len(way.arg) > LARGEST_CALL]
    for method, why in {**canister.missing, **missing}.items():
        click.echo(f"  NOT restored: {method}, because {why}", err=True)
    for way in large:
        why = f"it is {of_bytes(len(way.arg))}, and a call takes {of_bytes(LARGEST_CALL)}: restore the snapshot"
        click.echo(f"  NOT restored: {way.listing.method}, because {why}", err=True)
    before, _ = read_data(interface, _asking(connection, target), _methods(ways), paging_of(config))
    for way in ways:
        click.echo(f"  {way.method}: {_of(way.listing)}, {of_bytes(len(way.arg))}; {_now(way, before)}", err=True)
    return _Going(name, target, interface, config, ways, len(large), before)


def _put_back(connection: Connection, going: _Going) -> int:
    """Send what is not there already, read it all again, and return how many listings are not as in the backup."""
    from migrator.backups.data import read_data  # noqa: PLC0415 - for this alone

    count = len(going.ways)
    for number, way in enumerate(going.ways, 1):
        if _is_there(way, going.before):  # a restore that was cut off goes on
            click.echo(f"  {number}/{count} {way.listing.method}: is as in the backup already", err=True)
            continue
        connection.agent.call(going.target.id, way.method, way.arg)
        click.echo(f"  {number}/{count} {way.method}: {of_bytes(len(way.arg))} sent", err=True)
    ask = _asking(connection, going.target)
    after, _ = read_data(going.interface, ask, _methods(going.ways), paging_of(going.config))
    odd = 0
    for way in going.ways:
        same = _is_there(way, after)
        odd += not same
        click.echo(f"  {way.listing.method}: {'as in the backup' if same else 'NOT as in the backup'}", err=True)
    return odd


def _asking(connection: Connection, target: Target) -> Callable[[str, bytes], bytes]:
    return lambda method, arg: connection.agent.query(target.id, method, arg)


def _methods(ways: list[Restoring]) -> list[str]:
    return [way.listing.method for way in ways]


def _is_there(way: Restoring, listed: dict[str, Listing]) -> bool:
    known = listed.get(way.listing.method)
    return known is not None and known.value == way.listing.value


def _of(listing: Listing) -> str:
    return "a value" if listing.entries is None else f"{listing.entries:,} entries"


def _now(way: Restoring, before: dict[str, Listing]) -> str:
    known = before.get(way.listing.method)
    if known is None:
        return "what is there now cannot be read"
    return "the same is there now" if _is_there(way, before) else f"there now: {_of(known)}"


def _offer_snapshot(project: Path, canisters: set[str]) -> None:
    """Say that a snapshot brings back more, and which there is; how to begin with nothing is said, never done."""
    from migrator.backups.listing import list_backups  # noqa: PLC0415 - for this alone
    from migrator.backups.manifest import read_manifest  # noqa: PLC0415

    click.echo("Data goes back through restore methods. A snapshot brings back all that a canister keeps:", err=True)
    there = [one for one in list_backups(backups_folder(project)) if one.kind == "snapshot" and one.state == "complete"]
    newest: dict[str, Backup] = {}
    for one in there:  # the newest is the first
        newest.setdefault(read_manifest(one.path).canister, one)
    for canister in sorted(canisters):
        if canister in newest:
            click.echo(f"  ctxcheck restore {newest[canister].name}", err=True)
        else:
            click.echo(f"  there is none here of {canister}; `ctxcheck backup` makes one", err=True)
    click.echo("To begin with an empty canister, which ctxcheck never does for you (it deletes all data):", err=True)
    for canister in sorted(canisters):
        click.echo(f"  icp canister install {canister} --mode reinstall --wasm FILE", err=True)
