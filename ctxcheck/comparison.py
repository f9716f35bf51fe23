"""What `diff`, `check` and `accept` have in common: a comparison under the decisions of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.compare.versions import Own, compare_versions
from analyzer.model import ALL_CLIENTS, Surface
from analyzer.policy.levels import Policy
from analyzer.sources.projects.profile import default_profile, has_decisions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from analyzer.compare.versions import ChangeSet
    from analyzer.interface import Versions
    from analyzer.policy.gate import Callers, Judged
    from analyzer.sources.decisions import Decisions


class Asked(NamedTuple):
    """What a call asks for; None: what the project has decided, else the default."""

    profile: str | None = None
    policy: str | None = None
    clients: Sequence[str] = ()
    surfaces: Sequence[Surface] = tuple(Surface)
    service_is_principal: bool = False


def decisions() -> Decisions | None:
    """Return what the project around the working folder has decided; None where it has no file of decisions.

    Raises UsageError, SourceError: a file that cannot be read.
    """
    if not has_decisions():
        return None
    from analyzer.sources.decisions import read_decisions  # noqa: PLC0415 - most comparisons have none

    return read_decisions()


def compared(
    versions: Iterable[Versions],
    asked: Asked,
    decided: Decisions | None,
    callers: Callable[[str], Callers] | None = None,
) -> tuple[ChangeSet, Judged | None]:
    """Compare, and let pass what the project lets pass. callers: see `Gate`."""
    config = None if decided is None else decided.config
    default = asked.profile or (config and config.profile) or default_profile()
    policy = Policy(asked.policy or (config and config.policy) or Policy.GUIDE)

    def own(canister: str) -> Own:
        found = None if config is None else config.of(canister)
        profile = asked.profile or (found and found.profile) or default
        return Own(profile, asked.clients or (found and found.clients) or ALL_CLIENTS)

    changes = compare_versions(
        versions,
        profile=default,
        surfaces=asked.surfaces,
        service_is_principal=asked.service_is_principal,
        policy=policy,
        own=own,
    )
    if decided is None:
        return changes, None
    from datetime import UTC, datetime  # noqa: PLC0415 - for decisions alone

    from analyzer.policy.gate import Gate, judge  # noqa: PLC0415

    today = datetime.now(UTC).date()
    return changes, judge(
        changes, Gate(decided.config, policy, decided.accepted, today, asked.policy is not None, callers)
    )
