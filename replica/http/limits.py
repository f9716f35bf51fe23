"""How much of what one client may take, so that none takes it from the others."""

from __future__ import annotations

from dataclasses import dataclass

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds.

    call: of a call's body; the IC takes 2 MiB (spec, "Resource limits"). body: of any other. bodies: of all that are
    being answered; icp-cli uploads a snapshot over some fifty connections. wait: for a call to settle, before 202;
    about 10 s on the IC (recalled). header, reading: for a client to send its headers, its body. idle: between two
    requests, and to take an answer. drain: read of a body too large, before its client is told.
    """

    call: int = 2 * _MIB
    body: int = 4 * _MIB
    bodies: int = 256 * _MIB
    connections: int = 256
    wait: float = 10
    header: float = 10
    reading: float = 30
    idle: int = 60
    drain: int = 64 * _MIB
