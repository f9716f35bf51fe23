"""What the migration guide says of changes and of Enhanced Orthogonal Persistence, and what is true.

The guide sorts changes into five safe and five breaking kinds and makes promises. Each rule names the kind that it
falls under; what is true of a kind on a surface follows from its rules and is told here in a sentence.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Said(NamedTuple):
    """One line of the guide. text: as the guide has it. stable, candid: what is true of each surface."""

    safe: bool
    text: str
    stable: str
    candid: str


class Kind(Enum):
    """A kind of change, as the guide sorts them."""

    ADD_FUNCTION = Said(
        safe=True,
        text="Adding new public functions",
        stable="functions are not stored; nothing changes",
        candid="old clients do not call it",
    )
    ADD_OPTIONAL_FIELD = Said(
        safe=True,
        text="Adding optional fields to types (?Type)",
        stable="refused: stored values have no such field, and Motoko fills none in, not even with null",
        candid="a missing optional field reads as null, a new one is ignored; a trailing optional argument is alike",
    )
    ADD_CASE = Said(
        safe=True,
        text="Adding new variant cases",
        stable="fine in what cannot change; refused under `var` and `[var ]`, so also in mo:core Map, List and Queue",
        candid="fine in an argument; in a result old clients cannot read the new case, under `opt` they read null",
    )
    FIX_BUG = Said(
        safe=True,
        text="Bug fixes without signature changes",
        stable="fine as long as no type changes: a new initialiser or a library update may change an inferred one",
        candid="nothing changes",
    )
    IMPROVE_SPEED = Said(
        safe=True,
        text="Performance improvements",
        stable="fine as long as no type changes: another map or list is another type, and is refused",
        candid="nothing changes; an update that becomes a query is another signature",
    )
    REMOVE_FUNCTION = Said(
        safe=False,
        text="Removing public functions",
        stable="functions are not stored; nothing changes",
        candid="old clients are rejected",
    )
    CHANGE_SIGNATURE = Said(
        safe=False,
        text="Changing function signatures",
        stable="only where the function is stored as a value, or where a stored type changes with it",
        candid="it depends on the direction: some changes are accepted by the official checkers and by every client",
    )
    ADD_REQUIRED_FIELD = Said(
        safe=False,
        text="Adding required fields to existing types",
        stable="refused, as any new field of a stored record is",
        candid="refused in an argument; in a result old clients ignore it",
    )
    REMOVE_FIELD = Said(
        safe=False,
        text="Removing fields from types",
        stable="refused: what is stored in it would be lost",
        candid="in a result old clients miss it, or read null; in an argument what they send is ignored",
    )
    CHANGE_VARIANT = Said(
        safe=False,
        text="Changing variant structure",
        stable="refused where a stored value may be a case that is gone",
        candid="refused where an old client sends a case that is gone, or receives one that it does not know",
    )


class Promised(NamedTuple):
    """One promise of the guide. text: as the guide has it. truth: what can be relied on."""

    text: str
    truth: str


class Promise(Enum):
    """What the guide promises of Enhanced Orthogonal Persistence."""

    NO_DATA_LOSS = Promised(
        text="Safe canister upgrades without data loss; automatic state preservation",
        truth="Values whose types fit are kept. An upgrade that does not fit is refused and nothing is lost; but a "
        "variable of type Any is reset, a migration may drop what it consumes, and `replace` or a reinstallation "
        "wipes everything.",
    )
    NO_HOOKS = Promised(
        text="No preupgrade/postupgrade hooks (eliminates risk of permanent locks)",
        truth="Nothing is serialised, so no hook is needed. A program may still have them, or trap in a migration: the "
        "upgrade then fails and the old program goes on.",
    )
    AUTOMATIC_MIGRATION = Promised(
        text="Automatically handles data migration; type-safe migrations when changing data structures",
        truth="Only changes that need no migration are automatic. For all others a migration function is written by "
        "hand, or the upgrade is refused.",
    )
    BUILT_IN_ROLLBACK = Promised(
        text="Built-in rollback capabilities",
        truth="An upgrade that traps is undone by the network. One that succeeds is not: going back takes a snapshot, "
        "and is refused by types as soon as the new program stored what the old one cannot read.",
    )
