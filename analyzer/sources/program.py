"""The interface of a Motoko program, by way of the compiler; without one, what the text alone tells for certain."""

from __future__ import annotations

import os
import tempfile
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from analyzer.candid.parse import parse_candid
from analyzer.errors import CtxError, ParseError, SourceError
from analyzer.interface import Provenance, Untold
from analyzer.model import Surface
from analyzer.motoko.parse import parse_stable
from analyzer.motoko.source.program import Program
from analyzer.motoko.source.signature import Doubt, signature_text
from analyzer.origins.candid import candid_origins
from analyzer.origins.stable import stable_origins
from analyzer.sources.compiler import INSTALL, Compiled, NoCompilerError, compile_program
from analyzer.sources.files import decode
from grammars.digest import sha256

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.interface import Interface
    from analyzer.model import Location
    from analyzer.origins.written import Found
    from analyzer.sources.arguments import Files
    from analyzer.table import Span
    from analyzer.text import Sources

MAX_PARENTS = 20  # folders above a program in which a project file is looked for
PROJECT_FILES = ("mops.toml", "dfx.json", "icp.yaml")


def _compiled(files: Files, path: PurePath) -> Compiled:
    from analyzer.sources.git import Revision  # noqa: PLC0415 - few compare with a revision

    if files.kind == "file":
        return compile_program(Path(path))
    if not isinstance(files, Revision):
        msg = "a program takes the files that it imports: name its path"
        raise SourceError(msg, where=files.label(path))
    with tempfile.TemporaryDirectory(prefix="ctxcheck-") as folder:  # its owner's alone
        files.export(folder)
        return compile_program(Path(folder, path), Path(files.top))


def _program(files: Files, path: PurePath) -> Program:
    return Program(path, lambda wanted: decode(files.read(wanted), files.label(wanted)), files.label)


def _lazily(find: Callable[[], Found]) -> Callable[[Span], Location | None]:
    """Return how an origin is asked for. The program is read again when the first one is: most pairs are the same."""
    found: list[Found | None] = []

    def origin(span: Span) -> Location | None:
        if not found:
            try:
                found.append(find())
            except CtxError:
                found.append(None)  # it compiled; what our own reader makes of it is a help, no condition
        return None if found[0] is None else found[0].location(span)

    return origin


def read_program(interface: Interface, files: Files, path: PurePath, surfaces: set[Surface]) -> None:
    """Fill in what a program shows; without a compiler what can be told without one, and why the rest cannot.

    Raises SourceError: no such file, or a program with faults.
    """
    program = _program(files, path)
    try:
        made = _compiled(files, path)
    except NoCompilerError:
        read_uncompiled(interface, files, program, surfaces)
        return
    label = files.label(path)
    if Surface.CANDID in surfaces:
        where = f"{label} (compiled, .did)"
        interface.candid = candid = parse_candid(made.candid, where)
        _generated(candid.sources, partial(candid_origins, candid, program))
        interface.provenance[Surface.CANDID] = Provenance("compiled", where, sha256(made.candid.encode()).hexdigest())
    if Surface.STABLE in surfaces:
        where = f"{label} (compiled, .most)"
        interface.stable = stable = parse_stable(made.stable, where)
        _generated(stable.sources, partial(stable_origins, stable, program))
        interface.provenance[Surface.STABLE] = Provenance("compiled", where, sha256(made.stable.encode()).hexdigest())


def _generated(sources: Sources, find: Callable[[], Found]) -> None:
    sources.role = "generated"
    sources.origin = _lazily(find)


def read_uncompiled(interface: Interface, files: Files, program: Program, surfaces: set[Surface]) -> None:
    """Fill in what a program shows without a compiler: what it keeps, where nothing about it is in doubt.

    Raises SourceError: no such file.
    """
    label = files.label(program.main)
    if Surface.CANDID in surfaces:
        interface.untold[Surface.CANDID] = Untold(f"what clients see of {label} takes the Motoko compiler", INSTALL)
    if Surface.STABLE not in surfaces:
        return
    where = f"{label} (approximated)"
    try:
        _refuse_migrations(files, program.main)
        text = signature_text(program)
        interface.stable = stable = parse_stable(text, where)
    except (Doubt, ParseError) as why:
        interface.untold[Surface.STABLE] = Untold(f"what {label} keeps takes the Motoko compiler ({why})", INSTALL)
        return
    _generated(stable.sources, partial(stable_origins, stable, program))
    interface.provenance[Surface.STABLE] = Provenance("approximated", where, sha256(text.encode()).hexdigest())


def _refuse_migrations(files: Files, main: PurePath) -> None:
    """Raise Doubt where a folder of migrations belongs to a program: it adds to the signature from outside."""
    here = PurePath(os.path.abspath(main)) if files.kind == "file" else main  # noqa: PTH100 - a link stays one
    for folder in list(here.parents)[:MAX_PARENTS]:
        if files.is_folder(folder / "migrations") and folder == here.parent:
            why = "there is a folder of migrations beside it"
            raise Doubt(why, files.label(main))
        for name in PROJECT_FILES:
            try:
                flags = files.read(folder / name)
            except SourceError:
                continue
            if b"enhanced-migration" in flags:
                why = f"{name} names a folder of migrations"
                raise Doubt(why, files.label(main))
