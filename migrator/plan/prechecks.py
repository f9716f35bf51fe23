"""What can go wrong with an upgrade, looked at before a plan is made: each with an outcome and words.

`G`: the migration guide's own checks. `F`: failures by their numbers in network.md 5. What cannot be told is no pass;
what shows only during the run names the step that catches it.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from analyzer.candid.principal import Principal
from analyzer.candid.values import Case, Some
from migrator.plan.budget import MAX_SNAPSHOTS
from migrator.plan.changes import built, deployed
from migrator.plan.model import Precheck
from migrator.plan.words import cycles, size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from analyzer.interface import Interface
    from migrator.network.management import CanisterStatus
    from migrator.plan.build import Live
    from migrator.plan.model import Build


Found: TypeAlias = tuple[Literal["pass", "warn", "refuse", "unknown"], str]

_LARGE = 500 * 1024 * 1024  # bytes of main memory that classical persistence may not get through in one upgrade
_DAYS = 7  # that a canister should live on what it has
_NEARLY = 0.9
_SKEW = 60 * 1_000_000_000  # ns between the network's clock and ours


class NotShown(Exception):
    """Only controllers may see it."""


class Looked(NamedTuple):
    """What the checks look at. allowed_dirty: somebody said that a build from no commit may run.

    now: of this machine, ns since epoch. project: where copies are kept. copies: snapshots that are downloaded.
    proposed: others will do it. kinds: what the controllers are.
    """

    live: Live
    name: str
    sender: bytes
    module: bytes
    build: Build
    local: bool
    allowed_dirty: bool
    taken: int
    needed: int
    project: Path
    copies: int
    now: int
    proposed: bool = False
    kinds: Mapping[str, str] = {}

    @property
    def status(self) -> CanisterStatus:
        """The status. Raises NotShown."""
        if self.live.status is None:
            raise NotShown
        return self.live.status

    @property
    def old(self) -> Interface:
        """The interface of what runs."""
        certified = self.live.certified
        sections = {name: (content, "certified") for name, content in certified.sections.items()}
        return deployed(self.name, sections, (certified.module_hash or b"").hex(), certified.hidden)

    @property
    def new(self) -> Interface:
        """The interface of what is to run."""
        return built(self.name, self.module)


def prechecks(looked: Looked) -> list[Precheck]:
    """Return all of them, in order."""
    return [Precheck(number, title, *_outcome(check, looked)) for number, title, check in _ALL] + [
        Precheck(number, title, "later", words) for number, title, words in _LATER
    ]


def _outcome(check: Callable[[Looked], Found], looked: Looked) -> Found:
    try:
        return check(looked)
    except NotShown:
        return "unknown", "only controllers may see what this takes"


def _git(looked: Looked) -> Found:
    build = looked.build
    if build.commit is None:
        words = "it is built from files that no commit holds"
    elif build.dirty:
        words = f"there are changes that commit {build.commit[:12]} does not hold"
    else:
        return "pass", f"commit {build.commit[:12]}, nothing uncommitted"
    if looked.local or looked.allowed_dirty:
        return "warn", words
    return "refuse", f"{words}: commit first, or --allow-dirty"


def _migration(looked: Looked) -> Found:
    old, new = looked.old, looked.new
    if old.persistence == new.persistence == "eop":
        return "pass", "the main memory is kept (EOP); where the types fit, no migration function is needed"
    if "unknown" in (old.persistence, new.persistence):
        return "unknown", "how a version keeps its data is not known"
    return "pass", "data go through stable memory, as its types say"


def _built(looked: Looked) -> Found:
    return "pass", f"{looked.build.source}, {size(len(looked.module))}"


def _stable(looked: Looked) -> Found:
    old, new = looked.old, looked.new
    if old.stable is None and not looked.live.certified.hidden and old.persistence == "unknown":
        return "warn", "no Motoko canister: what it stores cannot be compared"
    if old.stable is None:
        return "unknown", "what the deployed version stores is not shown: --old WASM, or ask as a controller"
    if new.stable is None:
        return "unknown", "the new module does not show what it stores"
    return "pass", "both sides are known; each change is listed below"


def _heap(looked: Looked) -> Found:
    memory = looked.status.wasm_memory_size
    if looked.old.persistence == "eop":
        return "pass", f"{size(memory)} stay where they are"
    if memory > _LARGE:
        return "warn", f"{size(memory)} are written to stable memory in one upgrade, which may pass its limit"
    return "pass", f"{size(memory)}"


def _persistence(looked: Looked) -> Found:
    old, new = looked.old.persistence, looked.new.persistence
    if old == "classical" and new == "eop":
        return "warn", "from classical to enhanced orthogonal persistence: there is no way back but the snapshot"
    return ("unknown", "see above") if "unknown" in (old, new) else ("pass", f"{old}, as before")


def _cycles(looked: Looked) -> Found:
    have = looked.status.cycles
    if have < looked.needed:
        return "refuse", f"{cycles(str(looked.needed - have))} are missing: icp canister top-up"
    return "pass", f"{cycles(str(looked.needed))} of {cycles(str(have))}"


def _controller(looked: Looked) -> Found:
    controllers = looked.live.certified.controllers
    if looked.sender in controllers:
        return "pass", "who runs it is a controller"
    texts = [str(Principal(one)) for one in controllers]
    named = ", ".join(f"{one} ({looked.kinds[one]})" if one in looked.kinds else one for one in texts) or "nobody"
    return "warn" if looked.proposed else "refuse", f"{Principal(looked.sender)} is no controller; those are {named}"


def _slots(looked: Looked) -> Found:
    there = looked.live.snapshots
    if looked.live.status is None:
        raise NotShown
    if there + looked.taken > MAX_SNAPSHOTS:
        return "refuse", f"{there} of {MAX_SNAPSHOTS} are taken and {looked.taken} needed: icp canister snapshot delete"
    return "pass", f"{there} of {MAX_SNAPSHOTS} are taken, {looked.taken} needed"


def _memory_limit(looked: Looked) -> Found:
    status = looked.status
    limit = status.settings.get("wasm_memory_limit")
    limit = limit.value if isinstance(limit, Some) else limit
    if isinstance(limit, int) and limit and status.wasm_memory_size > limit * _NEARLY:
        return "warn", f"{size(status.wasm_memory_size)} of {size(limit)} (wasm_memory_limit)"
    return "pass", f"limit {size(limit)}" if isinstance(limit, int) and limit else "no limit is set"


def _life(looked: Looked) -> Found:
    status = looked.status
    burned = status.idle_cycles_burned_per_day
    days = (status.cycles - status.freezing_limit) // burned if burned else None
    if days is None:
        return "pass", "it burns nothing while it is idle"
    return "warn" if days < _DAYS else "pass", f"{days:,} days until it is frozen, as it burns when idle"


def _visible(looked: Looked) -> Found:
    visibility = looked.status.settings.get("snapshot_visibility")
    visibility = visibility.value if isinstance(visibility, Some) else visibility
    label = visibility.label if isinstance(visibility, Case) else "controllers"
    if label == "public":
        return "warn", "anyone may download its snapshots: icp canister settings update --snapshot-visibility"
    return "pass", f"snapshots are for {label}; copies are readable by you alone"


def _room(looked: Looked) -> Found:
    status = looked.status
    need = looked.copies * (status.wasm_memory_size + status.stable_memory_size)
    free = shutil.disk_usage(looked.project).free
    if need > free:
        return "refuse", f"copies take up to {size(need)}, and {size(free)} are free here"
    return "pass", f"copies take up to {size(need)} of {size(free)}"


def _clock(looked: Looked) -> Found:
    apart = abs(looked.now - looked.live.certified.time)
    if apart > _SKEW:
        return "warn", f"this machine's clock is {apart // 1_000_000_000:,} s off the network's"
    return "pass", "this machine's clock agrees with the network's"


_ALL: tuple[tuple[str, str, Callable[[Looked], Found]], ...] = (
    ("G1", "git", _git),
    ("G2", "migration function or EOP", _migration),
    ("G3", "build", _built),
    ("F1", "stored types are known", _stable),
    ("F5", "memory to go through", _heap),
    ("F6", "persistence", _persistence),
    ("F8", "cycles", _cycles),
    ("F9", "right to do it", _controller),
    ("F20", "room for snapshots", _slots),
    ("F21", "memory limit", _memory_limit),
    ("F23", "cycles to live on", _life),
    ("F27", "who may read snapshots", _visible),
    ("D1", "disk", _room),
    ("D2", "clock", _clock),
)
_LATER = (
    ("F4", "hooks that trap", "rehearsal and `install`: it is whole or not at all"),
    ("F7", "calls that stay open", "`stop`, before anything is changed"),
    ("F10", "somebody else deploys", "each step looks again at what is certified"),
    ("F12", "timers", "`snapshot` tells whether one is armed"),
    ("F17", "answers that are lost", "the journal: what is not proven is found out first"),
    ("F18", "data that are wrong", "`verify_stopped`, `compare`, `verify_running`"),
    ("F19", "writes after the start", "`start`: the version tells whether there were any"),
)


def refused(found: list[Precheck]) -> Iterator[Precheck]:
    """Give those that forbid a run."""
    return (one for one in found if one.outcome == "refuse")
