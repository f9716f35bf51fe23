"""The interface that a compiled module shows in its sections: what will run, or runs, whatever the sources say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.candid.parse import parse_candid
from analyzer.interface import Provenance
from analyzer.model import Surface
from analyzer.motoko.parse import parse_stable
from analyzer.sources.files import decode
from analyzer.sources.wasm import COMPILER, PERSISTENCE, SERVICE, STABLE, read_module
from grammars.digest import sha256

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analyzer.interface import Interface

_SHOWN = 80  # characters of what a module says of its compiler


def read_interface(interface: Interface, data: bytes, label: str, surfaces: set[Surface]) -> None:
    """Fill in what a module shows and a text did not show already. label: the module's file.

    Raises SourceError (no module), ParseError (a section that is none).
    """
    module = read_module(data, label)
    interface.module_sha256 = sha256(data).hexdigest()
    read_sections(interface, module.metadata, label, surfaces)
    if interface.persistence == "unknown" and "motoko" in module.names:
        interface.persistence = "classical"


def read_sections(
    interface: Interface, sections: Mapping[str, bytes], label: str, surfaces: set[Surface], *, kind: str = "wasm"
) -> None:
    """Fill in what the sections of a module show. kind: of where they are from. Raises ParseError, SourceError."""
    if PERSISTENCE in sections:
        interface.persistence = "eop"
    elif STABLE in sections:
        interface.persistence = "classical"
    compiler = sections.get(COMPILER)
    if compiler is not None:
        interface.compiler = "".join(c for c in compiler.decode("utf-8", "replace") if c.isprintable())[:_SHOWN]
    for surface, section in ((Surface.CANDID, SERVICE), (Surface.STABLE, STABLE)):
        content = sections.get(section)
        if content is None or surface not in surfaces or surface in interface.provenance:
            continue
        where = f"{label} ({section})"
        text = decode(content, where)
        if surface == Surface.CANDID:
            interface.candid = parse_candid(text, where)
            interface.candid.sources.role = "generated"
        else:
            interface.stable = parse_stable(text, where)
            interface.stable.sources.role = "generated"
        interface.provenance[surface] = Provenance(kind, where, sha256(content).hexdigest())
