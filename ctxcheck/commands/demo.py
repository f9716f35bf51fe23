"""`ctxcheck demo`."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from analyzer.compare.versions import compare_versions
from analyzer.model import Verdict
from analyzer.report.drawing import Drawing, Line, wrapped
from analyzer.report.text import text_lines
from analyzer.sources.paths import read_versions
from ctxcheck.demonstration import FIRST, FOLDER, fill, module, records
from ctxcheck.modules import module_cache
from ctxcheck.paint import show
from replica import Reject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from replica import Replica


@click.command("demo", short_help="Migrate an example canister: refused, migrated, rolled back, all of it real.")
@click.argument("versions", nargs=-1, metavar="[VERSION]...")
@click.option("--list", "listed", is_flag=True, help="List the versions and what changes in each.")
def command(versions: tuple[str, ...], *, listed: bool) -> None:
    """Migrate the Context Registry, the migration guide's canister, on an embedded network in this process.

    A change that the guide calls safe is refused; the migration that it takes is planned, approved and run; a version
    that loses a record is rolled back by itself. With VERSIONs: each is compared, and then really upgraded to.

    \b
    Exit status:
      0  shown, whatever the changes are
      2  there is no such version
    """  # noqa: D301 - click's mark for lines that stay as they are
    known = _versions(FOLDER)
    upgrades = {name: entry for name, entry in known.items() if "upgrades" in entry}
    if listed:
        for name, entry in upgrades.items():
            sys.stdout.write(f"{name:<25} {entry['change']}\n")
        return
    for version in versions:
        if version not in upgrades:
            msg = f"there is no version `{version}`: `ctxcheck demo --list` shows all"
            raise click.UsageError(msg)
    if not versions:
        from ctxcheck.tour import tour  # noqa: PLC0415 - loads what the network takes

        tour()
        return
    from replica import Replica  # noqa: PLC0415 - not for a list

    os.chdir(FOLDER)  # so that the places in the reports are short
    with Replica(cache=module_cache()) as network:
        canister = network.create()
        network.install(canister, module(FIRST))
        calls = fill(network, canister)
        show(partial(_begin, calls, records(network, canister)))
        for name in versions:
            sys.stdout.write("\n")
            show(partial(_upgrade, name, upgrades[name]))
            with network.fork(canister) as trial:
                for one in _way(name, upgrades)[:-1]:
                    network.upgrade(trial, module(one), persistence="keep")
                show(partial(_run, network, trial, name, upgrades[name]["upgrades"]))


def _way(version: str, upgrades: dict[str, dict[str, Any]]) -> list[str]:
    """Return the versions that lead from the first to one, which is the last."""
    before = upgrades[version]["upgrades"]
    return [*([] if before == FIRST else _way(before, upgrades)), version]


def _begin(calls: int, found: dict[str, list[Any] | str], drawing: Drawing) -> Iterator[Line]:
    said = f"The Context Registry runs on a network of its own, in this process: {FIRST}, filled by {calls} calls. "
    yield from wrapped(f"{said}Its {len(found)} listings show {_count(found)} records.", drawing, [], [], "bold")


def _upgrade(name: str, entry: dict[str, Any], drawing: Drawing) -> Iterator[Line]:
    said = f"{entry['upgrades']} -> {name}: {entry['change']} The migration guide calls that {entry['guide']}."
    yield from wrapped(said, drawing, [], [], "bold")
    yield []
    yield from text_lines(compare_versions(read_versions(entry["upgrades"], name), profile="didc"), drawing)


def _run(network: Replica, canister: str, name: str, old: str, drawing: Drawing) -> Iterator[Line]:
    """Upgrade for real, and tell what clients of the first version find afterwards."""
    before = records(network, canister)
    try:
        network.upgrade(canister, module(name), persistence="keep")
    except Reject as error:
        said = re.sub(r"^Error from Canister [a-z0-9-]+: ", "", error.message)
        verdict, what = Verdict.BREAKING, f"refused by the runtime, {old} goes on: {said}"
    else:
        verdict, what = Verdict.SAFE, f"upgraded, {name} runs"
    after = records(network, canister)
    odd = [method for method in before if after[method] != before[method]]
    same = _count({method: found for method, found in after.items() if method not in odd})
    margin: Line = [("    ", "")]
    yield []
    yield from wrapped(
        what, drawing, [(f"{drawing.mark(verdict)} ", str(verdict)), ("really done: ", "bold")], margin, ""
    )
    yield from wrapped(
        f"{same} of {_count(before)} records are there as clients of {FIRST} read them.", drawing, margin, margin, ""
    )
    for method in odd:
        yield from wrapped(f"{method} {_changed(before[method], after[method])}", drawing, margin, margin, "lossy")


def _changed(before: list[Any] | str, after: list[Any] | str) -> str:
    return after if isinstance(after, str) else f"shows {len(after)} records; before, it showed {len(before)}"


def _count(found: dict[str, list[Any] | str]) -> int:
    return sum(len(one) for one in found.values() if isinstance(one, list))


def _versions(folder: Path) -> dict[str, dict[str, Any]]:
    document = tomllib.loads((folder / "versions.toml").read_text("utf-8"))
    return {name: entry for name, entry in document.items() if isinstance(entry, dict)}
