"""A plan from what is certified of the canisters now, and the modules that are to run."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analyzer.candid.principal import Principal
from analyzer.errors import CtxError, UsageError
from analyzer.model import RULES_VERSION
from migrator.plan.budget import UNKNOWN, budget
from migrator.plan.changes import built, deployed, digest_of, listed
from migrator.plan.file import packed
from migrator.plan.model import (
    SCHEMA,
    Approvers,
    Backup,
    Build,
    Check,
    NewSide,
    OldSide,
    Plan,
    Precheck,
    Proof,
    Rollback,
    Section,
    Target,
    Yes,
)
from migrator.plan.settings import settings_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Literal

    from analyzer.policy.gate import Gate
    from migrator.network.canister import CertifiedCanister
    from migrator.network.management import CanisterStatus
    from migrator.plan.file import SavedPlan
    from migrator.plan.model import Network

EMPTY = b"DIDL\0\0"
LASTS = 24 * 60 * 60 * 1_000_000_000  # ns for which a plan may be approved and run


class CannotUpgrade(CtxError):
    """The upgrade cannot be: no plan, approval or acceptance helps."""

    exit_code = 1


class Live(NamedTuple):
    """What a canister is now. snapshots: how many it has on the chain. status: None, who asks may not see it."""

    certified: CertifiedCanister
    status: CanisterStatus | None
    snapshots: int


class WantedCheck(NamedTuple):
    """A call that shows that it works. argument, value: Candid; see `Check`."""

    method: str
    kind: Literal["query", "update"] = "query"
    argument: bytes = EMPTY
    expects: Literal["reply", "same", "value", "kept"] = "reply"
    value: bytes | None = None
    name: str | None = None


class Wanted(NamedTuple):
    """What is to become of a canister. module: as it is sent. argument: Candid, encoded for the new version.

    sections: of what is deployed, where the network does not show it: content and where it is from.
    evidence: what a rehearsal found, see `migrator.rehearsal.evidence`.
    """

    name: str
    module: bytes
    live: Live
    argument: bytes = EMPTY
    argument_text: str | None = None
    after: tuple[str, ...] = ()
    sections: Mapping[str, tuple[bytes, str]] = {}
    build: Build = Build("a file", None, None, None, None)
    prechecks: Sequence[Precheck] = ()
    checks: Sequence[WantedCheck] = ()
    profile: str = "dfx"
    rollback: Rollback = Rollback("unchanged", "report")
    backup: Backup = Backup("no", "no", "no", 1)
    rehearse: Yes = "no"
    state_compare: Yes = "no"
    proof: Proof = Proof(types=True, rehearsed=None, compared=None)
    evidence: bytes | None = None


class About(NamedTuple):
    """What holds for the whole plan. tool: version. gate: the project's decisions; None: it has taken none."""

    tool: str
    network: Network
    sender: str
    message: str
    approvers: Approvers | None = None
    policy: Literal["state", "wire", "guide"] = "guide"
    gate: Gate | None = None
    lasts: int = LASTS


def make_plan(about: About, wanted: Sequence[Wanted]) -> SavedPlan:
    """Return the plan that brings canisters to new versions, in the order that they depend on each other in.

    Raises CannotUpgrade, UsageError: the order goes round. SourceError, ParseError: a module or section is none.
    """
    created = max((one.live.certified.time for one in wanted), default=0)
    blobs: list[bytes] = []
    targets = tuple(_target(one, about, created, blobs) for one in _ordered(wanted))
    approvers = about.approvers or Approvers((about.sender,), 1, "never")
    plan = Plan(
        SCHEMA,
        about.tool,
        created,
        created + about.lasts,
        about.message,
        about.network,
        about.sender,
        RULES_VERSION,
        about.policy,
        targets,
        approvers,
        {},
    )
    return packed(plan, blobs)


def _ordered(wanted: Sequence[Wanted]) -> list[Wanted]:
    """Return the targets so that each comes after what it depends on, else in the order given."""
    done: list[Wanted] = []
    left, names = list(wanted), {one.name for one in wanted}
    unknown = {name for one in wanted for name in one.after} - names
    if unknown:
        msg = f"`{min(unknown)}` is to be upgraded first, and is not part of the plan"
        raise UsageError(msg)
    while left:
        there = {one.name for one in done}
        ready = next((one for one in left if set(one.after) <= there), None)
        if ready is None:
            msg = f"each of these is to be upgraded after another one of them: {', '.join(one.name for one in left)}"
            raise UsageError(msg)
        left.remove(ready)
        done.append(ready)
    return done


def _target(wanted: Wanted, about: About, created: int, blobs: list[bytes]) -> Target:
    def kept(content: bytes) -> str:
        blobs.append(content)
        return digest_of(content)

    certified, status = wanted.live.certified, wanted.live.status
    if certified.module_hash is None:
        msg = f"{wanted.name} is empty: there is nothing to upgrade"
        raise CannotUpgrade(msg, hint="install it first: `icp deploy`, or `dfx deploy`")
    shown = {name: (content, "certified") for name, content in certified.sections.items()}
    shown |= {name: one for name, one in wanted.sections.items() if name not in shown}
    old = deployed(wanted.name, shown, certified.module_hash.hex(), certified.hidden)
    new = built(wanted.name, wanted.module)
    keep = old.persistence == new.persistence == "eop"
    if old.persistence == "eop" and not keep:
        msg = f"{wanted.name} keeps its data by enhanced orthogonal persistence, and the new module does not"
        raise CannotUpgrade(msg, hint="compile with --enhanced-orthogonal-persistence, the default since moc 0.15")
    side = OldSide(
        certified.time,
        kept(certified.certificate) if certified.certificate else None,
        certified.module_hash.hex(),
        certified.installed,
        tuple(sorted(str(Principal(one)) for one in certified.controllers)),
        {} if status is None else settings_text(status.settings),
        None if status is None else status.version,
        {name: Section(kept(content), origin) for name, (content, origin) in sorted(shown.items())},
        tuple(sorted(certified.hidden)),
    )
    module = NewSide(kept(wanted.module), len(wanted.module), keep, kept(wanted.argument), wanted.argument_text)
    return Target(
        wanted.name,
        str(Principal(certified.id)),
        wanted.after,
        side,
        module,
        wanted.profile,
        tuple(listed(old, new, wanted.profile, about.policy, about.gate, created)),
        wanted.build._replace(compiler=wanted.build.compiler or new.compiler),
        tuple(wanted.prechecks),
        tuple(
            Check(
                check.name or check.method,
                check.kind,
                check.method,
                kept(check.argument),
                check.expects,
                None if check.value is None else kept(check.value),
            )
            for check in wanted.checks
        ),
        UNKNOWN
        if status is None
        else budget(
            status,
            wanted.live.snapshots,
            len(wanted.module),
            download_first=wanted.backup.snapshot == "before",
            copies=2 if wanted.state_compare == "yes" else 1,
        ),
        wanted.rollback,
        wanted.backup,
        wanted.rehearse,
        wanted.state_compare,
        wanted.proof._replace(evidence=None if wanted.evidence is None else kept(wanted.evidence)),
    )
