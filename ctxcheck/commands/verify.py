"""`ctxcheck verify`."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from analyzer.errors import CtxError
from analyzer.model import Verdict
from analyzer.report.drawing import Drawing, Line, shortened
from analyzer.sources.decisions import read_decisions
from ctxcheck.backing_up import paging_of
from ctxcheck.connection import Connection, Target, connected
from ctxcheck.network_options import network_options
from ctxcheck.paint import show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analyzer.candid.types import CandidInterface

_TIME = "getCurrentTime"


class Check(NamedTuple):
    """One thing that was looked at."""

    what: str
    result: str
    is_good: bool


@click.command("verify", short_help="Check what runs: status, module, and that its queries answer.")
@click.argument("canisters", nargs=-1, metavar="[CANISTER]...")
@click.option(
    "--wasm", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE", help="What must run."
)
@click.option("--call", "calls", multiple=True, metavar="METHOD", help="A query without arguments that must answer.")
@network_options
def command(canisters: tuple[str, ...], *, wasm: Path | None, calls: tuple[str, ...], **network: Any) -> None:  # noqa: ANN401
    """Check canisters that run: status, certified module, and queries without arguments.

    Asked are `getCurrentTime`, where there is one, and every listing query, or what `[canisters.NAME.verify]` of
    ctxcheck.toml says; with --call those that it names.

    \b
    Exit status:
      0  all of it is as it must be
      1  something is not
      2  the call is wrong
      5  the network gives no answer, or none that can be believed
    """  # noqa: D301 - click's mark for lines that stay as they are
    found: list[tuple[Target, list[Check]]] = []
    with connected(**network) as connection:
        wanted = None if wasm is None else sha256(wasm.read_bytes()).digest()
        found = [(target, list(_checks(connection, target, wanted, calls))) for target in connection.targets(canisters)]
    show(partial(_lines, found))
    if not all(check.is_good for _, checks in found for check in checks):
        raise SystemExit(1)


def _checks(connection: Connection, target: Target, wanted: bytes | None, calls: tuple[str, ...]) -> Iterator[Check]:
    from analyzer.candid.methods import method_of  # noqa: PLC0415 - loaded for the network alone
    from analyzer.candid.parse import parse_candid  # noqa: PLC0415
    from migrator.backups.data import listing_queries, read_data  # noqa: PLC0415
    from migrator.network.canister import CANDID, read_canister  # noqa: PLC0415
    from migrator.network.errors import Rejected  # noqa: PLC0415

    certified = read_canister(connection.agent, target.id)
    try:
        status = connection.client.status(target.id).status
        yield Check("status", status.capitalize(), status == "running")
    except Rejected as error:
        if error.error_code != "IC0512":
            raise
        yield Check("status", "for controllers: the queries below tell whether it runs", is_good=True)
    running = certified.module_hash
    told = "none" if running is None else running.hex()
    yield Check("module", told, running is not None and wanted in (None, running))
    did = certified.sections.get(CANDID)
    if did is None:
        yield Check("interface", "the module shows none: its queries cannot be asked", is_good=not calls)
        return
    interface = parse_candid(did.decode("utf-8", "replace"), f"{target.name} ({CANDID})")
    first = [_TIME] if method_of(interface, _TIME) is not None else []
    config = read_decisions(connection.project).config.of(target.name)
    found = [*first, *(name for name in (*listing_queries(interface), *config.data.paged) if name != _TIME)]
    names = list(calls) or list(config.verify.calls or found)
    names += [name for name in config.verify.at_least if name not in names]

    def ask(name: str, arg: bytes) -> bytes:
        return connection.agent.query(target.id, name, arg)

    for name in names:
        listings, missing = read_data(interface, ask, [name], paging_of(config.data))
        if name in missing:
            yield Check(f"{name}()", missing[name], is_good=name in config.data.optional)
            continue
        entries, least = listings[name].entries, config.verify.at_least.get(name)
        words = str(listings[name].value) if entries is None else f"{entries:,} entries"
        few = least is not None and (entries or 0) < least
        yield Check(f"{name}()", f"{words}, and at least {least:,} are expected" if few else words, is_good=not few)
    for name, text in config.verify.expect.items():
        yield _expected(interface, ask, name, text)


def _expected(interface: CandidInterface, ask: Callable[[str, bytes], bytes], name: str, text: str) -> Check:
    """Look whether a query replies what the project expects."""
    from analyzer.candid.methods import method_of  # noqa: PLC0415 - see above
    from analyzer.candid.values import DecodeError, decode, encode  # noqa: PLC0415
    from analyzer.candid.values.parse import parse_values  # noqa: PLC0415
    from analyzer.candid.values.print import values_text  # noqa: PLC0415

    method = method_of(interface, name)
    if method is None or method.arguments or method.mode not in ("query", "composite_query"):
        return Check(f"{name}()", "is no query that takes nothing", is_good=False)
    wanted = parse_values(text, interface, method.results, f"verify.expect.{name}")
    try:
        found = decode(ask(name, encode(interface, (), [])), interface, method.results)
    except (CtxError, DecodeError) as error:
        return Check(f"{name}()", str(error), is_good=False)
    told = values_text(found, interface, method.results)
    return Check(f"{name}()", told if found == wanted else f"{told}, and {text} is expected", is_good=found == wanted)


def _lines(found: list[tuple[Target, list[Check]]], drawing: Drawing) -> Iterator[Line]:
    for index, (target, checks) in enumerate(found):
        if index:
            yield []
        yield [(target.name, "bold"), (f"  {target.text}", "dim")]
        for check in checks:
            verdict = Verdict.SAFE if check.is_good else Verdict.BREAKING
            lead = f"  {drawing.mark(verdict)} "
            room = max(20, drawing.width - len(lead) - 26)
            yield [(lead, str(verdict)), (f"{check.what:<25} ", ""), (shortened(check.result, room, drawing), "")]
