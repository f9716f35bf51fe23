"""The interface of a canister that runs, by its certified sections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.candid.principal import Principal
from analyzer.interface import Interface, Untold
from analyzer.model import Surface
from analyzer.sources.module import read_sections
from migrator.network.canister import CANDID, STABLE, read_canister
from migrator.network.errors import NetworkError

if TYPE_CHECKING:
    from migrator.network.agent import Agent

_SECTIONS = {Surface.CANDID: CANDID, Surface.STABLE: STABLE}


def live_interface(agent: Agent, canister: bytes, name: str, surfaces: set[Surface]) -> Interface:
    """Return what a canister offers, all of it from one certificate. Raises NetworkError, ParseError.

    A section that this identity may not see is told as such: it cannot be compared, and blocks.
    """
    certified = read_canister(agent, canister)
    text = str(Principal(canister))
    if certified.module_hash is None:
        msg = "the canister is empty"
        raise NetworkError(msg, where=text)
    interface = Interface(name, module_sha256=certified.module_hash.hex())
    read_sections(interface, certified.sections, f"ic:{text}", surfaces, kind="certified")
    for surface in surfaces:
        if _SECTIONS[surface] in certified.hidden:
            why = f"{_SECTIONS[surface]} is shown to controllers alone"
            interface.untold[surface] = Untold(why, "--identity NAME, of a controller")
    return interface
