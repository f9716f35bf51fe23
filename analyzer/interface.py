"""What one version of a canister offers, each part with where it came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from analyzer.candid.types import CandidInterface
    from analyzer.model import Surface
    from analyzer.motoko.types import StableSignature

Persistence = Literal["eop", "classical", "unknown"]


class Provenance(NamedTuple):
    """Where a part came from. kind: `file`, `compiled`, `approximated`. label: its path. sha256: hex, of the bytes."""

    kind: str
    label: str
    sha256: str


class Untold(NamedTuple):
    """Of a part that is there and cannot be told. why: one clause. hint: what to do."""

    why: str
    hint: str


@dataclass(slots=True, eq=False)
class Interface:
    """One version. candid, stable: None where this version does not show that part.

    untold: the parts that are there and cannot be told.
    """

    name: str
    candid: CandidInterface | None = None
    stable: StableSignature | None = None
    persistence: Persistence = "unknown"
    compiler: str | None = None
    module_sha256: str | None = None
    provenance: dict[Surface, Provenance] = field(default_factory=dict)
    untold: dict[Surface, Untold] = field(default_factory=dict)


class Versions(NamedTuple):
    """One canister in both versions; None where a version does not have it.

    against: what the old version is, where there are several. surfaces: those to compare; None: all.
    """

    name: str
    old: Interface | None
    new: Interface | None
    against: str | None = None
    surfaces: tuple[Surface, ...] | None = None
