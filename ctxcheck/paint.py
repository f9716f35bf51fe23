"""Put lines on a terminal in colour, or anywhere else as plain text."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from analyzer.report.drawing import Drawing, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analyzer.report.drawing import Line

MAX_WIDTH = 120
PLAIN_WIDTH = 100  # where there is no terminal to ask: a log, a file
STYLES: dict[str, dict[str, Any]] = {  # as `click.style` takes them
    "breaking": {"fg": "red", "bold": True},
    "undecided": {"fg": "magenta", "bold": True},
    "lossy": {"fg": "yellow", "bold": True},
    "safe": {"fg": "green"},
    "path": {"fg": "cyan"},
    "dim": {"dim": True},
    "bold": {"bold": True},
    "": {},
}


def show(lines: Callable[[Drawing], Iterator[Line]]) -> None:
    """Write lines, made for the drawing that they get, to standard output. NO_COLOR and FORCE_COLOR are honoured."""
    terminal = sys.stdout.isatty()
    asked = terminal or bool(os.environ.get("COLUMNS"))
    width = min(MAX_WIDTH, max(40, _columns())) if asked else PLAIN_WIDTH
    drawing = Drawing(width, ascii=not _speaks_unicode())
    if _colour(terminal=terminal):
        _paint(lines(drawing))
    else:
        sys.stdout.write(plain(lines(drawing)))


def _columns() -> int:
    """Return what COLUMNS or the terminal says; `shutil` knows it too, and loads three compressors for it."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or PLAIN_WIDTH
    except OSError:
        return PLAIN_WIDTH


def _colour(*, terminal: bool) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return terminal and os.environ.get("TERM") != "dumb"


def _speaks_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") in ("utf8", "utf16", "utf32")


def _paint(lines: Iterator[Line]) -> None:
    # With what click brings: a report is laid out already, and rich takes a tenth of a small comparison to load.
    pieces: list[str] = []
    for line in lines:
        pieces += [click.style(piece, **STYLES[style]) if STYLES[style] else piece for piece, style in line]
        pieces.append("\n")
    sys.stdout.write("".join(pieces))  # in one go: a terminal gets each line by itself otherwise
