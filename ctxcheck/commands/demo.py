"""`ctxcheck demo`."""

from __future__ import annotations

import os
import sys
import tomllib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import fixtures
from analyzer.compare.versions import compare_versions
from analyzer.report.drawing import Drawing, Line, wrapped
from analyzer.report.text import text_lines
from analyzer.sources.paths import read_versions
from ctxcheck.paint import show

if TYPE_CHECKING:
    from collections.abc import Iterator

TELLING = ("v03_optional_field", "v04_case_in_pure_map", "v13_drops_data")


@click.command("demo", short_help="Compare versions of an example canister, each of which shows something.")
@click.argument("versions", nargs=-1, metavar="[VERSION]...")
@click.option("--list", "listed", is_flag=True, help="List the versions and what changes in each.")
def command(versions: tuple[str, ...], *, listed: bool) -> None:
    """Compare versions of the Context Registry, the migration guide's canister: by default three telling ones.

    \b
    Exit status:
      0  shown, whatever the changes are
      2  there is no such version
    """  # noqa: D301 - click's mark for lines that stay as they are
    folder = Path(fixtures.__path__[0]) / "context_registry"
    known = _versions(folder)
    upgrades = {name: entry for name, entry in known.items() if "upgrades" in entry}
    if listed:
        for name, entry in upgrades.items():
            sys.stdout.write(f"{name:<25} {entry['change']}\n")
        return
    for version in versions:
        if version not in upgrades:
            msg = f"there is no version `{version}`: `ctxcheck demo --list` shows all"
            raise click.UsageError(msg)
    os.chdir(folder)  # so that the places in the reports are short
    for i, name in enumerate(versions or TELLING):
        if i:
            sys.stdout.write("\n")
        show(partial(_upgrade, name, upgrades[name]))


def _upgrade(name: str, entry: dict[str, Any], drawing: Drawing) -> Iterator[Line]:
    said = f"{entry['upgrades']} -> {name}: {entry['change']} The migration guide calls that {entry['guide']}. "
    yield from wrapped(f"{said}On the network: {entry['runs']}.", drawing, [], [], "bold")
    yield []
    yield from text_lines(compare_versions(read_versions(entry["upgrades"], name), profile="didc"), drawing)


def _versions(folder: Path) -> dict[str, dict[str, Any]]:
    document = tomllib.loads((folder / "versions.toml").read_text("utf-8"))
    return {name: entry for name, entry in document.items() if isinstance(entry, dict)}
