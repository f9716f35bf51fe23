"""The interface of a Motoko program, by way of the compiler."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.candid.parse import parse_candid
from analyzer.errors import SourceError
from analyzer.interface import Provenance
from analyzer.model import Surface
from analyzer.motoko.parse import parse_stable
from analyzer.sources.compiler import Compiled, compile_program
from grammars.digest import sha256

if TYPE_CHECKING:
    from pathlib import PurePath

    from analyzer.interface import Interface
    from analyzer.sources.arguments import Files


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


def read_program(interface: Interface, files: Files, path: PurePath, surfaces: set[Surface]) -> None:
    """Fill in what a program shows. Raises SourceError: no compiler, or a program with faults."""
    made = _compiled(files, path)
    label = files.label(path)
    if Surface.CANDID in surfaces:
        where = f"{label} (compiled, .did)"
        interface.candid = parse_candid(made.candid, where)
        interface.candid.sources.role = "generated"
        interface.provenance[Surface.CANDID] = Provenance("compiled", where, sha256(made.candid.encode()).hexdigest())
    if Surface.STABLE in surfaces:
        where = f"{label} (compiled, .most)"
        interface.stable = parse_stable(made.stable, where)
        interface.stable.sources.role = "generated"
        interface.provenance[Surface.STABLE] = Provenance("compiled", where, sha256(made.stable.encode()).hexdigest())
