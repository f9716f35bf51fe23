"""`ctxcheck git-diff-driver`: what `git diff` shows of an interface file."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analyzer.candid.parse import parse_candid
from analyzer.compare.versions import compare_versions
from analyzer.errors import CtxError
from analyzer.interface import Interface, Versions
from analyzer.report.text import text_lines
from analyzer.report.words import clean
from analyzer.sources.files import decode, read_bytes
from analyzer.sources.projects.profile import default_profile
from ctxcheck.paint import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.report.drawing import Drawing, Line

_NOTHING = ("/dev/null", "nul")
_ARGUMENTS = (7, 9)  # a path, three of each side; behind them a new path and how much of it is the same


@click.command("git-diff-driver", short_help="Show what a change to an interface file does, in `git diff`.")
@click.argument(
    "arguments", nargs=-1, required=True, metavar="PATH OLD-FILE OLD-HEX OLD-MODE NEW-FILE NEW-HEX NEW-MODE"
)
def command(arguments: tuple[str, ...]) -> None:
    """Show what changes in a file that git hands over: `*.did diff=ctxcheck` in .gitattributes, see gitattributes(5).

    What cannot be read is said, and is no failure: git would stop at it. Always exits with 0.
    """
    if len(arguments) not in _ARGUMENTS:
        msg = f"git hands over 7 or 9 arguments, not {len(arguments)}"
        raise click.UsageError(msg, None)
    path, old_file, new_file = arguments[0], arguments[1], arguments[4]
    try:
        sides = [_side(path, name, file) for name, file in (("a", old_file), ("b", new_file))]
    except CtxError as error:
        sys.stdout.write(f"interface {clean(path, 300)}: {clean(str(error), 600)}\n")
        return
    versions = Versions(Path(path).stem, sides[0], sides[1])
    show(partial(_lines, path, versions))


def _side(path: str, name: str, file: str) -> Interface | None:
    """Return one side; None where the file is not there. What it imports is not read: git hands over one file."""
    if file.lower() in _NOTHING:
        return None
    text = decode(read_bytes(Path(file)), path)
    if path.endswith(".did"):
        return Interface(Path(path).stem, candid=parse_candid(text, f"{name}/{path}"))
    from analyzer.motoko.parse import parse_stable  # noqa: PLC0415 - a Candid diff does without it

    return Interface(Path(path).stem, stable=parse_stable(text, f"{name}/{path}"))


def _lines(path: str, versions: Versions, drawing: Drawing) -> Iterator[Line]:
    yield [(f"interface {drawing.text(clean(path, 300))}", "bold")]
    yield from text_lines(compare_versions([versions], profile=default_profile()), drawing)
    yield []
