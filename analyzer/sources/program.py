"""The interface of a Motoko program, by way of the compiler."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.candid.parse import parse_candid
from analyzer.errors import CtxError, SourceError
from analyzer.interface import Provenance
from analyzer.model import Surface
from analyzer.motoko.parse import parse_stable
from analyzer.motoko.source.program import Program
from analyzer.origins.candid import candid_origins
from analyzer.origins.stable import stable_origins
from analyzer.sources.compiler import Compiled, compile_program
from analyzer.sources.files import decode
from grammars.digest import sha256

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import PurePath

    from analyzer.interface import Interface
    from analyzer.model import Location
    from analyzer.origins.written import Found
    from analyzer.sources.arguments import Files
    from analyzer.table import Span


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
    """Fill in what a program shows. Raises SourceError: no compiler, or a program with faults."""
    made = _compiled(files, path)
    label, program = files.label(path), _program(files, path)
    if Surface.CANDID in surfaces:
        where = f"{label} (compiled, .did)"
        interface.candid = parse_candid(made.candid, where)
        interface.candid.sources.role = "generated"
        interface.candid.sources.origin = _lazily(partial(candid_origins, interface.candid, program))
        interface.provenance[Surface.CANDID] = Provenance("compiled", where, sha256(made.candid.encode()).hexdigest())
    if Surface.STABLE in surfaces:
        where = f"{label} (compiled, .most)"
        interface.stable = parse_stable(made.stable, where)
        interface.stable.sources.role = "generated"
        interface.stable.sources.origin = _lazily(partial(stable_origins, interface.stable, program))
        interface.provenance[Surface.STABLE] = Provenance("compiled", where, sha256(made.stable.encode()).hexdigest())
