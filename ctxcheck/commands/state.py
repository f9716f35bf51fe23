"""`ctxcheck state show|export|diff`."""

from __future__ import annotations

import gc
import json
import os
import re
import sys
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from analyzer.errors import SourceError
from analyzer.heap.decode import Decoder, Large
from analyzer.heap.diff import Change, compare
from analyzer.heap.diff_report import diff_document
from analyzer.heap.errors import HeapError
from analyzer.heap.export import Export
from analyzer.heap.measure import Sizes
from analyzer.heap.path import Place, find
from analyzer.heap.render import Brief, key_text
from analyzer.heap.shapes import Form
from analyzer.report.words import clean
from ctxcheck.paint import show
from ctxcheck.progress import Progress
from ctxcheck.snapshots import open_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.heap.decode import Part
    from analyzer.heap.diff import Result
    from analyzer.heap.state import Variable
    from analyzer.report.drawing import Drawing, Line
    from ctxcheck.snapshots import Opened

_MARK = re.compile(r"(?<=\w)__\d+\b")  # by which the compiler tells types of one name apart
_LINE = 400  # characters of a path or a type
_STYLES = {Change.LOST: "breaking", Change.CHANGED: "lossy", Change.UNKNOWN: "undecided", Change.ADDED: "safe"}


_IDENTITY = click.option(
    "--age-identity",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The key that opens a backup that is encrypted.",
)


@click.group("state", short_help="Look into a snapshot: its stable variables, without its canister.")
def command() -> None:
    """Read the stable variables of a Motoko canister straight from a snapshot of it, without asking the canister.

    A snapshot is a directory that `icp canister snapshot download` wrote, or a backup that `ctxcheck list` shows, by
    its name or path. Programs with enhanced orthogonal persistence are read, as moc compiled them.
    """
    gc.disable()  # values come by the million and hold no cycles


# -- show


@command.command("show", short_help="Show all variables, or the value at a path.")
@click.argument("snapshot")
@click.argument("path", required=False)
@click.option(
    "--rows", type=click.IntRange(0, 1_000_000), default=3, show_default=True, help="Entries to show of each."
)
@_IDENTITY
def show_command(snapshot: str, path: str | None, rows: int, age_identity: Path | None) -> None:
    """Show each stable variable of SNAPSHOT: its type, its entries, its bytes and the first rows; or what is at PATH.

    PATH is a variable and steps into it: `seasons[42].status`, `names["ada"].owner`, `queue[0]`.

    \b
    Exit status:
      0  it is shown
      2  there is nothing at the path
      3  the snapshot cannot be read
    """  # noqa: D301 - click's mark for lines that stay as they are
    with Progress("reading"):
        opened = open_snapshot(snapshot, age_identity)
        decoder = Decoder(opened.state.image)
        if path is None:
            lines = list(_all_lines(opened, decoder, rows))
        else:
            with _about(opened):
                place = find(opened.state, decoder, path)
                lines = [[(path, "path")], *_value_lines(decoder, place, rows)]
    show(partial(_given, lines))


def _given(lines: list[Line], _drawing: Drawing) -> Iterator[Line]:
    yield from lines


@contextmanager
def _about(opened: Opened) -> Iterator[None]:
    """Let errors say which snapshot they are about."""
    try:
        yield
    except HeapError as error:
        error.where = error.where or opened.name
        raise


def _all_lines(opened: Opened, decoder: Decoder, rows: int) -> Iterator[Line]:
    sizes = Sizes(opened.state.image)
    for note in opened.state.notes:
        yield [("note: ", "lossy"), (note, "")]
    for variable in opened.state.variables:
        with _about(opened):
            try:
                size = sizes.add(variable.word)
                yield from _variable_lines(decoder, variable, size, rows)
            except HeapError as error:
                error.path = error.path if error.path.startswith(variable.name) else variable.name + error.path
                raise
    count = len(opened.state.variables)
    yield [(f"{count:,} variable{'' if count == 1 else 's'}, module {opened.module[:12]}", "dim")]


def _variable_lines(decoder: Decoder, variable: Variable, size: int, rows: int) -> Iterator[Line]:
    shape = variable.shape
    container = decoder.container(shape)
    facts = [container.name] if container is not None else []
    is_list = container is not None or shape.form in (Form.ARRAY, Form.VAR_ARRAY)
    first: list[Part] = []
    if is_list:
        parts = decoder.parts(shape, variable.word)
        first = list(islice(parts, rows))
        count = len(first) + sum(1 for _ in parts)
        facts.append(f"{count:,} {'entry' if count == 1 else 'entries'}")
    var = "var " if variable.mutable else ""
    yield [
        (var, "dim"),
        (clean(variable.name), "bold"),
        (f" : {clean(_MARK.sub('', ' '.join(variable.type.split())), _LINE)}", ""),
    ]
    yield [(f"  {'  '.join([*facts, f'{size:,} bytes'])}", "dim")]
    if is_list:
        key_shape = None if container is None else container.key
        brief = Brief(decoder.container)
        for part in first:
            yield [("    ", ""), (_row(decoder, brief, key_shape, part), "")]
    else:
        yield from _value_lines(decoder, Place(variable.name, shape, variable.word), 0)


def _row(decoder: Decoder, brief: Brief, key_shape: Any, part: Part) -> str:  # noqa: ANN401 - a shape or None
    step = part.step if key_shape is None else key_text(key_shape, part.key, brief)
    if part.kind == "item":
        return step
    return f"{step} = {_short(decoder, brief, part.shape, part.word)}"


def _short(decoder: Decoder, brief: Brief, shape: Any, word: int) -> str:  # noqa: ANN401 - a shape
    try:
        return brief.of(shape, decoder.value(shape, word), 100)
    except Large:
        return "(large)"


def _value_lines(decoder: Decoder, place: Place, rows: int) -> Iterator[Line]:
    """Give a value in a line, or part by part where somebody asked for it."""
    brief, shape = Brief(decoder.container), place.shape
    whole = _short(decoder, brief, shape, place.word)
    container = decoder.container(shape)
    is_list = container is not None or shape.form in (Form.ARRAY, Form.VAR_ARRAY)
    if not rows or not (is_list or shape.form is Form.RECORD):
        yield [("    ", ""), (whole, "")]
        return
    parts = decoder.parts(shape, place.word)
    key_shape = None if container is None else container.key
    for part in islice(parts, rows if is_list else None):
        yield [("    ", ""), (_row(decoder, brief, key_shape, part), "")]
    left = sum(1 for _ in parts)
    if left:
        yield [(f"    and {left:,} more", "dim")]


# -- export


@command.command("export", short_help="Write all values as JSON.")
@click.argument("snapshot")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file to write, instead of standard output.")
@click.option(
    "--lines",
    type=click.Path(path_type=Path),
    help="A folder to write instead: a file of JSON Lines for each variable, and one for what they share.",
)
@_IDENTITY
def export_command(snapshot: str, output: Path | None, lines: Path | None, age_identity: Path | None) -> None:
    """Write all stable variables of SNAPSHOT as JSON. What is written can be read by you alone.

    \b
    Exit status:
      0  all is written
      2  the call is wrong
      3  the snapshot cannot be read
    """  # noqa: D301 - click's mark for lines that stay as they are
    if output is not None and lines is not None:
        msg = "--output and --lines exclude each other"
        raise click.UsageError(msg)
    with Progress("exporting"):
        opened = open_snapshot(snapshot, age_identity)
        with _about(opened):
            if lines is not None:
                _write_lines(opened, lines)
            elif output is not None:
                with _private(output) as file:
                    file.writelines(Export(opened.state).document(module=opened.module))
            else:
                sys.stdout.writelines(Export(opened.state).document(module=opened.module))


def _write_lines(opened: Opened, folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        msg = f"this cannot be made: {error.strerror}"
        raise SourceError(msg, where=str(folder)) from None
    export = Export(opened.state)
    about: dict[str, Any] = {}
    for number, variable in enumerate(opened.state.variables):
        # Names are the program's: one may be too long for a file, or differ from another one in case alone.
        name = f"{number:03}-{variable.name[:80]}.jsonl"
        with _private(folder / name) as file:
            file.writelines(f"{line}\n" for line in export.lines(variable))
        about[variable.name] = {"type": variable.type, "mutable": variable.mutable, "file": name}
    with _private(folder / "objects.jsonl") as file:
        file.writelines(f"{line}\n" for line in export.objects())
    document = {
        "schema": "ctxcheck.state-lines/1",
        "module": opened.module,
        "notes": opened.state.notes,
        "variables": about,
    }
    with _private(folder / "state.json") as file:
        file.write(json.dumps(document, indent=1) + "\n")


@contextmanager
def _private(path: Path) -> Iterator[IO[str]]:
    """Give a file that its owner alone can read, there under its name once it is whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                yield file
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        msg = f"this cannot be written: {error.strerror}"
        raise SourceError(msg, where=str(path)) from None


# -- diff


@command.command("diff", short_help="Compare the values of two snapshots.")
@click.argument("old")
@click.argument("new")
@click.option("--limit", type=click.IntRange(0, 1000), default=50, show_default=True, help="Differences to list.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_IDENTITY
@click.pass_context
def diff_command(ctx: click.Context, old: str, new: str, limit: int, form: str, age_identity: Path | None) -> None:
    """Compare the stable variables of two snapshots, OLD and NEW, value by value.

    What the migration of the new version touches may change; all else has to stay. Of snapshots from before and after
    an upgrade of a stopped canister the answer is a proof. Of a running one it is not: it may have changed by itself.

    \b
    Exit status:
      0  nothing is lost or changed that the new version may not change
      1  something is
      2  the call is wrong
      3  a snapshot cannot be read
    """  # noqa: D301 - click's mark for lines that stay as they are
    with Progress("comparing"):
        before, after = open_snapshot(old, age_identity), open_snapshot(new, age_identity)
        try:
            result = compare(before.state, after.state)
        except HeapError as error:
            error.where = {"old": old, "new": new}.get(error.where or "", error.where)
            raise
    notes = [f"{side.name}: {note}" for side in (before, after) for note in side.state.notes]
    if form == "json":
        sys.stdout.write(json.dumps(diff_document(result, notes, limit), indent=1, ensure_ascii=False) + "\n")
    else:
        show(lambda drawing: _result_lines(result, notes, limit, drawing))
    ctx.exit(0 if result.kept else 1)


def _result_lines(result: Result, notes: list[str], limit: int, drawing: Drawing) -> Iterator[Line]:
    arrow = "->" if drawing.ascii else "→"
    for note in notes:
        yield [("note: ", "lossy"), (clean(note, _LINE), "")]
    for one in result.differences[:limit]:
        style = "dim" if one.expected else _STYLES.get(one.change, "")
        values = [clean(v, 200) for v in (one.old, one.new) if v is not None]
        why = f"  ({clean(one.expected, 100)})" if one.expected else ""
        line: Line = [(f"{one.change.value:9} ", style), (clean(one.path, _LINE), "path")]
        yield [*line, (f"  {f' {arrow} '.join(values)}{why}", "")]
    left = result.found - min(limit, len(result.differences))
    if left:
        yield [(f"and {left:,} more", "dim")]
    for name in result.not_compared:
        yield [("note: ", "lossy"), (f"{clean(name)} is or holds something of type Any, which no upgrade keeps", "")]
    yield [(result.summary(), "bold" if result.kept else "breaking")]
