"""Put lines on a terminal in colour, or anywhere else as plain text."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from analyzer.report.drawing import Drawing, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analyzer.report.drawing import Line

MAX_WIDTH = 120
PLAIN_WIDTH = 100  # where there is no terminal to ask: a log, a file
STYLES = {
    "breaking": "bold red",
    "undecided": "bold magenta",
    "lossy": "bold yellow",
    "safe": "green",
    "path": "cyan",
    "dim": "dim",
    "bold": "bold",
    "": "",
}


def show(lines: Callable[[Drawing], Iterator[Line]]) -> None:
    """Write lines, made for the drawing that they get, to standard output. NO_COLOR and FORCE_COLOR are honoured."""
    terminal = sys.stdout.isatty()
    asked = terminal or bool(os.environ.get("COLUMNS"))
    width = min(MAX_WIDTH, max(40, shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns)) if asked else PLAIN_WIDTH
    drawing = Drawing(width, ascii=not _speaks_unicode())
    if _colour(terminal=terminal):
        _paint(lines(drawing), drawing)
    else:
        sys.stdout.write(plain(lines(drawing)))


def _colour(*, terminal: bool) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return terminal and os.environ.get("TERM") != "dumb"


def _speaks_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") in ("utf8", "utf16", "utf32")


def _paint(lines: Iterator[Line], drawing: Drawing) -> None:
    from rich.console import Console  # noqa: PLC0415 - loaded only where there is colour
    from rich.text import Text  # noqa: PLC0415

    console = Console(
        file=sys.stdout,
        width=drawing.width,
        color_system="standard",
        force_terminal=True,
        highlight=False,
        markup=False,
    )
    for line in lines:
        text = Text(no_wrap=True, end="\n")
        for piece, style in line:
            text.append(piece, STYLES[style])
        console.print(text, overflow="ignore", crop=False)
