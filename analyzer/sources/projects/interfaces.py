"""The interfaces of projects' canisters: all programs are compiled together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import ParseError
from analyzer.interface import Interface
from analyzer.model import Surface
from analyzer.sources.compile import compile_programs
from analyzer.sources.program import fill_in, program_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from analyzer.sources.cache import Cache
    from analyzer.sources.projects.read import Project


class Wanted(NamedTuple):
    """Canisters of a project. side: for errors, `old` or `new`. run: whether the project's own command may be run."""

    project: Project
    names: Collection[str]
    side: str
    run: bool = False


def project_interfaces(wanted: Sequence[Wanted], cache: Cache | None) -> list[dict[str, Interface]]:
    """Return the interfaces of the canisters that are wanted, by their names.

    Raises SourceError, ParseError (with `side`): that of the first canister, by name, that has one.
    """
    programs = [
        (one, name, program_of(one.project.targets[name], one.project.files, run=one.run))
        for one in wanted
        for name in sorted(one.names)
        if name in one.project.targets
    ]
    made = compile_programs([program for _, _, program in programs], cache)
    found: dict[int, dict[str, Interface]] = {id(one): {} for one in wanted}
    for (one, name, program), texts in zip(programs, made, strict=True):
        interface = found[id(one)][name] = Interface(name)
        try:
            fill_in(interface, program, texts, set(Surface), cache)
        except ParseError as error:
            error.side = one.side
            raise
    return [found[id(one)] for one in wanted]
