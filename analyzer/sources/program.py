"""The interface of a Motoko program: by way of the compiler, else as far as its text alone leaves no doubt."""

from __future__ import annotations

from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING

from analyzer.candid.parse import parse_candid
from analyzer.errors import CtxError, ParseError, SourceError
from analyzer.interface import Provenance, Untold
from analyzer.model import Surface
from analyzer.motoko.parse import parse_stable
from analyzer.motoko.source.program import Program as Text
from analyzer.motoko.source.signature import Doubt, signature_text
from analyzer.origins.candid import candid_origins
from analyzer.origins.stable import stable_origins
from analyzer.sources.compile import Compiled, Program, compile_programs
from analyzer.sources.compiler import INSTALL
from analyzer.sources.files import decode
from analyzer.sources.imports import normal
from analyzer.sources.packages import nearest
from analyzer.sources.projects import PROJECT_FILES
from analyzer.sources.projects.read import project_above
from grammars.digest import sha256

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.candid.types import CandidInterface
    from analyzer.interface import Interface
    from analyzer.model import Location
    from analyzer.origins.written import Found
    from analyzer.sources.arguments import Files
    from analyzer.sources.cache import Cache
    from analyzer.sources.projects.target import Target
    from analyzer.table import Span
    from analyzer.text import Sources


def program_of(target: Target, files: Files, *, run: bool = False) -> Program:
    """Return the program of a project's canister. run: whether a command that the project names may be run."""
    return Program(files, target.main, target.folder, target.flags, target.packtool, run)


def program_at(files: Files, path: PurePath, *, run: bool = False) -> tuple[str | None, Program]:
    """Return a program by its path, with what its project says of it, and the canister's name where it has one.

    Raises SourceError: it has no path, or a project file cannot be read.
    """
    if files.kind == "stdin":
        msg = "a program takes the files that it imports: name its path"
        raise SourceError(msg, where=files.label(path))
    project = project_above(files, path.parent)
    if project is not None:
        for target in project.targets.values():
            if files.disk(target.main).absolute() == files.disk(normal(path)).absolute():
                return target.name, program_of(target, files, run=run)
    return None, Program(files, path, nearest(files, path.parent, *PROJECT_FILES), run=run)


def read_program(interface: Interface, program: Program, surfaces: set[Surface], cache: Cache | None = None) -> None:
    """Fill in what a program shows. cache: of what was compiled and read before.

    Raises SourceError: no such file, or a program with faults.
    """
    (made,) = compile_programs([program], cache)
    fill_in(interface, program, made, surfaces, cache)


def fill_in(
    interface: Interface, program: Program, made: Compiled | None, surfaces: set[Surface], cache: Cache | None = None
) -> None:
    """Fill in what the compiler made of a program; where it made nothing (None), what can be told all the same."""
    text = Text(program.main, partial(_read, program.files), program.files.label)
    interface.persistence = program.flags.persistence
    if made is None:
        _uncompiled(interface, program, text, surfaces)
        return
    label = program.files.label(program.main)
    if Surface.CANDID in surfaces:
        where = f"{label} (compiled, .did)"
        interface.candid = candid = _candid(made.candid, where, cache)
        _generated(candid.sources, partial(candid_origins, candid, text))
        interface.provenance[Surface.CANDID] = Provenance("compiled", where, sha256(made.candid.encode()).hexdigest())
    if Surface.STABLE in surfaces:
        where = f"{label} (compiled, .most)"
        stable = parse_stable(made.stable, where) if cache is None else cache.stable(made.stable, where, parse_stable)
        interface.stable = stable
        _generated(stable.sources, partial(stable_origins, stable, text))
        interface.provenance[Surface.STABLE] = Provenance("compiled", where, sha256(made.stable.encode()).hexdigest())


def _read(files: Files, path: PurePath) -> str:
    return decode(files.read(path), files.label(path))


def _candid(text: str, where: str, cache: Cache | None) -> CandidInterface:
    if cache is None:
        return parse_candid(text, where)
    return cache.candid(PurePath(where), lambda _: text, lambda path, read: parse_candid(read(path), str(path)))


def _generated(sources: Sources, find: Callable[[], Found]) -> None:
    sources.role = "generated"
    sources.origin = _lazily(find)


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


def _uncompiled(interface: Interface, program: Program, text: Text, surfaces: set[Surface]) -> None:
    """Fill in what a program shows without a compiler: what it keeps, where nothing about it is in doubt.

    Raises SourceError: no such file.
    """
    label = program.files.label(program.main)
    if Surface.CANDID in surfaces:
        interface.untold[Surface.CANDID] = Untold(f"what clients see of {label} takes the Motoko compiler", INSTALL)
    if Surface.STABLE not in surfaces:
        return
    where = f"{label} (approximated)"
    try:
        _refuse_flags(program)
        signature = signature_text(text)
        interface.stable = stable = parse_stable(signature, where)
    except (Doubt, ParseError) as why:
        interface.untold[Surface.STABLE] = Untold(f"what {label} keeps takes the Motoko compiler ({why})", INSTALL)
        return
    _generated(stable.sources, partial(stable_origins, stable, text))
    interface.provenance[Surface.STABLE] = Provenance("approximated", where, sha256(signature.encode()).hexdigest())


def _refuse_flags(program: Program) -> None:
    """Raise Doubt where something beside a program's text decides on its signature."""
    label = program.files.label(program.main)
    if program.files.is_folder(program.main.parent / "migrations"):
        why = "there is a folder of migrations beside it"
        raise Doubt(why, label)
    for name in PROJECT_FILES:
        file = program.folder / name
        # Whatever the project names it for: a chain adds to the signature from outside.
        if program.files.is_folder(file) is False and b"enhanced-migration" in program.files.read(file):
            why = f"{name} names a folder of migrations"
            raise Doubt(why, label)
    if program.flags.migrations is not None or program.flags.words:
        why = "it is compiled with flags that say something about types"
        raise Doubt(why, label)
