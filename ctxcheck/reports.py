"""Where reports go: `--format` to standard output, each `--output FORMAT=FILE` to a file."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from analyzer.errors import UsageError
from analyzer.report.formats import FORMATS
from ctxcheck import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from analyzer.compare.versions import ChangeSet

Command = TypeVar("Command", bound="Callable[..., Any]")

_HELP = (
    "text: a block an edit. short: one line an edit. json: ctxcheck.report/1. html: one page. github: annotations. "
    "markdown: a comment. sarif, junit, gitlab: what code scanning, test pages and Code Quality read."
)


class Output(NamedTuple):
    """A report that goes to a file. file: its path as it was given."""

    form: str
    file: str


def _outputs(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> tuple[Output, ...]:
    found = [_output(text) for text in given]
    twice = {one.file for one in found if sum(one.file == other.file for other in found) > 1}
    if twice:
        msg = f"{min(twice)} is named twice: each report needs a file of its own"
        raise click.BadParameter(msg)
    return tuple(found)


def _output(text: str) -> Output:
    form, equals, file = text.partition("=")
    if form not in FORMATS:
        msg = f"there is no format {form!r}; there are {', '.join(FORMATS)}"
        raise click.BadParameter(msg)
    if not equals or not file:
        msg = f"{text!r} names no file: {form}=FILE"
        raise click.BadParameter(msg)
    return Output(form, file)


def report_options(command: Command) -> Command:
    """Give a command `--format`, as `form`, and the repeatable `--output`, as `outputs`."""
    output = click.option(
        "--output",
        "outputs",
        multiple=True,
        callback=_outputs,
        metavar="FORMAT=FILE",
        help="Also write the report to a file, in this format. May be given several times.",
    )
    form = click.option(
        "--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True, help=_HELP
    )
    return form(output(command))


def give(changes: ChangeSet, form: str | None, outputs: Sequence[Output] = ()) -> None:
    """Write the reports, files first, then the one on standard output, if any.

    Raises UsageError: a file cannot be written.
    """
    for output in outputs:
        write_whole(output.file, FORMATS[output.form](changes, __version__))
    if form == "text":
        from analyzer.report.text import text_lines  # noqa: PLC0415 - only this format is painted
        from ctxcheck.paint import show  # noqa: PLC0415

        show(partial(text_lines, changes))
    elif form is not None:
        sys.stdout.write(FORMATS[form](changes, __version__))


def write_whole(path: str, text: str) -> None:
    """Write a file so that who reads it finds the old text or the new one, never a part. Raises UsageError."""
    try:
        if os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113 - pathlib is not loaded by a diff
            # A pipe or a device, which a file must not take the place of.
            _write(path, os.O_WRONLY, text)
            return
        target = os.path.realpath(path)
        made = f"{target}.{os.getpid()}.tmp"
        try:
            _write(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, text)
            os.replace(made, target)  # noqa: PTH105
        except BaseException:
            _remove(made)
            raise
    except (OSError, ValueError) as error:
        said = (error.strerror or "") if isinstance(error, OSError) else "this is not a path"
        msg = f"the report cannot be written: {said.lower()}"
        hint = "name a file in a folder that exists and that you may write to"
        raise UsageError(msg, where=path.replace("\0", "\\0"), hint=hint) from None


def _write(path: str, flags: int, text: str) -> None:
    with open(os.open(path, flags | os.O_CLOEXEC, 0o666), "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - a descriptor
        file.write(text)


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)  # noqa: PTH108
