"""The interface of a Motoko program, by way of the compiler."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from analyzer.candid.parse import parse_candid
from analyzer.errors import SourceError
from analyzer.interface import Provenance
from analyzer.model import Surface
from analyzer.motoko.parse import parse_stable
from analyzer.sources.compile import Compiled, Program, compile_programs
from analyzer.sources.imports import normal
from analyzer.sources.packages import nearest
from analyzer.sources.projects import PROJECT_FILES
from analyzer.sources.projects.read import project_above
from grammars.digest import sha256

if TYPE_CHECKING:
    from analyzer.interface import Interface
    from analyzer.sources.arguments import Files
    from analyzer.sources.cache import Cache
    from analyzer.sources.projects.target import Target


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

    Raises SourceError: no compiler, or a program with faults.
    """
    (made,) = compile_programs([program], cache)
    fill_in(interface, program, made, surfaces, cache)


def fill_in(
    interface: Interface, program: Program, made: Compiled, surfaces: set[Surface], cache: Cache | None = None
) -> None:
    """Fill in what the compiler made of a program."""
    label = program.files.label(program.main)
    interface.persistence = program.flags.persistence
    if Surface.CANDID in surfaces:
        where = f"{label} (compiled, .did)"
        if cache is None:
            interface.candid = parse_candid(made.candid, where)
        else:
            interface.candid = cache.candid(
                PurePath(where), lambda _: made.candid, lambda path, read: parse_candid(read(path), str(path))
            )
        interface.candid.sources.role = "generated"
        interface.provenance[Surface.CANDID] = Provenance("compiled", where, sha256(made.candid.encode()).hexdigest())
    if Surface.STABLE in surfaces:
        where = f"{label} (compiled, .most)"
        if cache is None:
            interface.stable = parse_stable(made.stable, where)
        else:
            interface.stable = cache.stable(made.stable, where, parse_stable)
        interface.stable.sources.role = "generated"
        interface.provenance[Surface.STABLE] = Provenance("compiled", where, sha256(made.stable.encode()).hexdigest())
