"""The interfaces of a project's canisters: several programs are compiled at once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from analyzer.errors import ParseError
from analyzer.interface import Interface
from analyzer.model import Surface
from analyzer.sources.program import program_of, read_program

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import PurePath

    from analyzer.sources.cache import Cache
    from analyzer.sources.imports import Part
    from analyzer.sources.projects.read import Project


def project_interfaces(
    project: Project, names: Collection[str], cache: Cache | None, *, side: str, run: bool = False
) -> dict[str, Interface]:
    """Return the interfaces of some canisters by their names. side: for errors. run: as in `program_of`.

    Raises the error of the first canister, by name, that has one.
    """
    known: dict[tuple[str, PurePath], Part] = {}

    def read(name: str) -> Interface:
        interface = Interface(name)
        program = program_of(project.targets[name], project.files, run=run)
        try:
            read_program(interface, program, set(Surface), cache, known)
        except ParseError as error:
            error.side = side
            raise
        return interface

    order = sorted(name for name in names if name in project.targets)
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        try:
            return dict(zip(order, pool.map(read, order), strict=True))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
