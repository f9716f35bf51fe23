"""Put lines on a terminal in colour, or anywhere else as plain text."""

from __future__ import annotations

import os
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
    # Of rich the part that knows colours: its console takes five times as long to load, and lays out what is laid out.
    from rich.color import ColorSystem  # noqa: PLC0415 - loaded only where there is colour
    from rich.style import Style  # noqa: PLC0415

    styles = {name: Style.parse(words) for name, words in STYLES.items()}
    pieces: list[str] = []
    for line in lines:
        pieces += [styles[style].render(piece, color_system=ColorSystem.STANDARD) for piece, style in line]
        pieces.append("\n")
    sys.stdout.write("".join(pieces))  # in one go: a terminal gets each line by itself otherwise
