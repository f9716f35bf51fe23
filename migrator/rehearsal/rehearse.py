"""A rehearsal from beginning to end: what is needed is put into a folder of its own, and a process works in it."""

from __future__ import annotations

import tempfile
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from analyzer.errors import SourceError
from analyzer.sources.wasm import read_module
from migrator.backups.private import write_file
from migrator.network.canister import CANDID, EOP
from migrator.plan.build import EMPTY
from migrator.rehearsal.model import EMBEDDED, SCHEMA, Call, Job, Rehearsal
from migrator.rehearsal.process import BOUNDS, run_apart
from migrator.rehearsal.scenario import NOTHING_ASKED, interface_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrator.backups.image import SnapshotImage
    from migrator.plan.file import SavedPlan
    from migrator.plan.model import Target
    from migrator.rehearsal.process import Bounds
    from migrator.rehearsal.scenario import Scenario

_ANONYMOUS = "2vxsx-fae"
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - owner-only folders are made in it


class OldState(NamedTuple):
    """What the old version is, before the upgrade. words: for people. module: as it is installed.

    backup, directory: where its state is; neither: it is installed anew, with an argument.
    """

    words: str
    module: bytes
    argument: bytes = EMPTY
    backup: SnapshotImage | None = None
    directory: Path | None = None

    @property
    def real(self) -> bool:
        """Whether it is a state that a canister really had."""
        return self.backup is not None or self.directory is not None


class Upgrade(NamedTuple):
    """What is to be tried. candid: the old interface where the old module does not show it.

    canister: the id that the trial has; None: any. caller: who upgrades.
    """

    name: str
    module: bytes
    argument: bytes = EMPTY
    candid: bytes | None = None
    canister: str | None = None
    controllers: tuple[str, ...] = (_ANONYMOUS,)
    caller: str = _ANONYMOUS
    checks: tuple[Call, ...] = ()


def rehearse(
    old: OldState,
    upgrade: Upgrade,
    *,
    scenario: Scenario = NOTHING_ASKED,
    bounds: Bounds = BOUNDS,
    tick: Callable[[], None] = lambda: None,
) -> Rehearsal:
    """Rehearse an upgrade on the embedded replica, in a process of its own, within bounds.

    Raises SourceError, ParseError: a module or state is none, or there is no room for it; UsageError: a scenario does
    not fit the versions. What goes wrong in the rehearsal itself is what it found.
    """
    before = read_module(old.module, f"old {upgrade.name}").metadata
    after = read_module(upgrade.module, f"new {upgrade.name}").metadata
    did = before.get(CANDID, upgrade.candid)
    old_interface = interface_of(did, f"old {upgrade.name}")
    new_interface = interface_of(after.get(CANDID), f"new {upgrade.name}")
    calls = (
        scenario.calls("before", old_interface),
        (*upgrade.checks, *scenario.calls("both", old_interface)),
        scenario.calls("after", new_interface),
    )
    try:
        with tempfile.TemporaryDirectory(prefix="ctxcheck-rehearsal-", dir=_place(old)) as made:
            folder = Path(made)

            def kept(name: str, data: bytes | None) -> str | None:
                if data is None:
                    return None
                write_file(folder / name, data)
                return str(folder / name)

            job = Job(
                upgrade.canister,
                upgrade.controllers,
                upgrade.caller,
                _state(old, folder),
                None if old.real else kept("old.wasm", old.module),
                old.argument.hex(),
                kept("new.wasm", upgrade.module) or "",
                upgrade.argument.hex(),
                EOP in before,
                kept("old.did", did),
                kept("new.did", after.get(CANDID)),
                *calls,
                scenario.may_differ,
                scenario.timers,
                None if scenario.script is None else str(scenario.script),
            )
            found = run_apart(job, folder, bounds, tick)
    except OSError as error:
        msg = f"there is no room for a rehearsal: {error.strerror}"
        raise SourceError(msg, hint="TMPDIR names another folder") from None
    was, new = (sha256(one).hexdigest() for one in (old.module, upgrade.module))
    return Rehearsal(SCHEMA, upgrade.name, EMBEDDED, old.words, old.real, was, new, found)


def _place(old: OldState) -> Path | None:
    """Return where the state is unpacked; what is encrypted never comes to a disk. Raises SourceError."""
    if old.backup is None or not old.backup.manifest.encrypted:
        return None
    if not _IN_MEMORY.is_dir():
        msg = "an encrypted backup is unpacked in memory alone, and this machine has no /dev/shm"
        raise SourceError(msg, where=old.backup.folder.name)
    return _IN_MEMORY


def _state(old: OldState, folder: Path) -> str | None:
    if old.backup is not None:
        old.backup.materialise(folder / "state")
        return str(folder / "state")
    return None if old.directory is None else str(old.directory.resolve())


def upgrade_of(saved: SavedPlan, target: Target) -> Upgrade:
    """Return what a plan is going to do with a canister: the exact bytes, argument and checks."""
    section = target.old.sections.get(CANDID)
    controllers = target.old.controllers or (saved.plan.sender,)
    caller = saved.plan.sender if saved.plan.sender in controllers else controllers[0]
    return Upgrade(
        target.name,
        saved.blobs[target.new.module],
        saved.blobs[target.new.argument],
        None if section is None else saved.blobs[section.content],
        target.canister,
        controllers,
        caller,
        tuple(
            Call(
                one.name,
                one.method,
                one.kind,
                saved.blobs[one.argument].hex(),
                None,
                one.expects,
                None if one.value is None else saved.blobs[one.value].hex(),
            )
            for one in target.checks
        ),
    )
