"""What is rehearsed: two modules, or a plan; and on which state."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.candid.values import EncodeError, encode
from analyzer.candid.values.parse import parse_values
from analyzer.errors import SourceError, UsageError
from analyzer.interface import Interface
from analyzer.model import Surface
from analyzer.sources.arguments import named
from analyzer.sources.disk import Disk
from analyzer.sources.module import read_interface
from analyzer.sources.projects.profile import default_profile
from analyzer.sources.projects.read import project_above
from analyzer.sources.wasm import is_module
from ctxcheck.backing_up import back_up_snapshot, backups_folder, find_backup, open_store
from ctxcheck.connection import connected, project_folder
from ctxcheck.progress import Progress
from migrator.backups.image import SnapshotImage
from migrator.plan.build import EMPTY
from migrator.plan.changes import compared
from migrator.plan.proven import proven
from migrator.rehearsal.causes import forbidden_all_the_same
from migrator.rehearsal.rehearse import OldState, Upgrade, rehearse, upgrade_of
from migrator.rehearsal.scenario import NAME, NOTHING_ASKED, read_scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.compare.versions import ChangeSet
    from migrator.plan.file import SavedPlan
    from migrator.plan.model import Target
    from migrator.rehearsal.model import Rehearsal
    from migrator.rehearsal.process import Bounds
    from migrator.rehearsal.scenario import Scenario

NONE, LIVE = "none", "live"


class Rehearsed(NamedTuple):
    """A rehearsal, and what changes between the two versions."""

    rehearsal: Rehearsal
    changes: ChangeSet | None


class Asked(NamedTuple):
    """How to rehearse. state: `none`, `live`, a backup's name or path, a directory of icp-cli; None: not said.

    identity: the file that opens an encrypted backup. run: whether commands that a project names may be run.
    on: the URL of a local network that is to be used instead of the embedded one.
    """

    state: str | None
    scenario: Scenario
    bounds: Bounds
    identity: Path | None = None
    run: bool = False
    arguments: str | None = None
    old_arguments: str | None = None
    on: str | None = None


def rehearse_versions(old: str, new: str, asked: Asked) -> Rehearsed:
    """Rehearse the upgrade from one version to another one. Raises UsageError, SourceError, ParseError."""
    if asked.state == LIVE:
        msg = "what runs is rehearsed by a plan, which says where it is"
        raise UsageError(msg, hint="ctxcheck plan, then ctxcheck rehearse plan.ctx --state live")
    name, after = read_side(new, "new", run=asked.run)
    _, before = read_side(old, "old", run=asked.run)
    was, then = _shown(name, before, old), _shown(name, after, new)
    changes = compared(was, then, default_profile(), "guide")
    argument = _argument(after, asked.arguments, "new")
    upgrade = Upgrade(name, after, argument)
    if asked.state in (None, NONE):
        calls = sum(step.part == "before" for step in asked.scenario.steps)
        filled = f", then {calls:,} calls of the scenario" if calls else ", with no data"
        state = OldState(
            f"no state: {old} installed anew{filled}", before, _argument(before, asked.old_arguments, "old")
        )
    else:
        state = of_snapshot(asked.state or "", asked.identity)
        _same_module(before, state)
    return Rehearsed(forbidden_all_the_same(_tried(state, upgrade, asked), changes), changes)


def rehearse_plan(saved: SavedPlan, asked: Asked, network: dict[str, Any]) -> Iterator[Rehearsed]:
    """Rehearse each canister of a plan. Raises PlanError, UsageError, SourceError."""
    changes = proven(saved).changes
    for target in saved.plan.targets:
        state = _state_for(saved, target, asked, network)
        own = [one for one in changes.canisters if one.name == target.name]
        of_target = type(changes)(own, changes.profile, changes.policy)
        rehearsal = _tried(state, upgrade_of(saved, target), asked)
        yield Rehearsed(forbidden_all_the_same(rehearsal, of_target), of_target)


def _tried(state: OldState, upgrade: Upgrade, asked: Asked) -> Rehearsal:
    with Progress(f"rehearsing {upgrade.name}"):
        return rehearse(state, upgrade, scenario=asked.scenario, bounds=asked.bounds, on=asked.on)


def scenario_of(project: Path, path: Path | None = None) -> Scenario:
    """Return a scenario by its file, else that of the project, else an empty one. Raises UsageError, SourceError."""
    if path is not None:
        return read_scenario(path)
    # A file of Python runs as it is, so it is never taken because it lies there.
    found = project / NAME
    return read_scenario(found) if found.is_file() else NOTHING_ASKED


# Versions.


def read_side(text: str, side: str, *, run: bool) -> tuple[str, bytes]:
    """Return the name and the module of a version: a module, a program, or a canister of the project.

    Of a git revision too. Raises UsageError: it is none of these. SourceError: it does not compile.
    """
    project = project_above(Disk(), Path.cwd())
    target = None if project is None else project.targets.get(text)
    if target is not None:
        from analyzer.sources.program import program_of  # noqa: PLC0415 - for programs alone

        return target.name, _compiled(program_of(target, Disk(), run=run), text)
    one = named(text)
    if one.is_folder:
        msg = f"the {side} version is a folder: name a module, or a program"
        raise UsageError(msg, where=text)
    if one.path.suffix == ".mo":
        from analyzer.sources.program import program_at  # noqa: PLC0415 - see above

        name, program = program_at(one.files, one.path, run=run)
        return name or one.path.stem, _compiled(program, text)
    data = one.files.read(one.path)
    if not is_module(data):
        msg = f"the {side} version is neither a module (.wasm, .wasm.gz) nor a program (.mo)"
        raise UsageError(msg, where=text, hint="a rehearsal runs it: types alone are not enough")
    return one.path.name.removesuffix(".gz").removesuffix(".wasm") or side, data


def _shown(name: str, module: bytes, label: str) -> Interface:
    """Return the interface of a module. label: what it was called by."""
    found = Interface(name)
    read_interface(found, module, label, set(Surface))
    return found


def _compiled(program: Any, text: str) -> bytes:  # noqa: ANN401 - a program, loaded late
    from analyzer.sources.compile import compile_module  # noqa: PLC0415 - see above
    from analyzer.sources.compiler import INSTALL  # noqa: PLC0415

    made = compile_module(program)
    if made is None:
        msg = "nothing on this machine compiles it"
        raise SourceError(msg, where=text, hint=f"{INSTALL}; or name the built module")
    return made[0]


def _argument(module: bytes, text: str | None, side: str) -> bytes:
    """Return an argument, encoded at the types that a module takes. Raises UsageError, ParseError."""
    from analyzer.candid.parse import parse_candid  # noqa: PLC0415 - see above
    from analyzer.sources.wasm import read_module  # noqa: PLC0415
    from migrator.network.canister import ARGUMENTS, CANDID  # noqa: PLC0415

    metadata = read_module(module, side).metadata
    told = metadata.get(ARGUMENTS)
    if told is None:
        if text is None:
            return EMPTY
        msg = f"the {side} version does not show what arguments it takes"
        raise UsageError(msg, hint="compile it with --public-metadata candid:args, or leave the arguments out")
    types = metadata.get(CANDID, b"").decode("utf-8", "replace").partition("\nservice")[0]
    types = "" if types.startswith("service") else types
    interface = parse_candid(f"{types}\nservice : {told.decode('utf-8', 'replace')} -> {{}}", f"{side} {ARGUMENTS}")
    wanted = interface.init or ()
    if text is None and wanted:
        option = "--args" if side == "new" else "--old-args"
        msg = f"the {side} version takes arguments: {' '.join(told.decode('utf-8', 'replace').split())}"
        raise UsageError(msg, hint=f"{option} '(...)'")
    if text is None:
        return EMPTY
    try:
        return encode(interface, wanted, parse_values(text, interface, wanted, "arguments"))
    except EncodeError as error:
        msg = f"these are not the arguments of the {side} version: {error}"
        raise UsageError(msg) from None


# States.


def _state_for(saved: SavedPlan, target: Target, asked: Asked, network: dict[str, Any]) -> OldState:
    if asked.state == NONE:
        msg = "a plan has the hash of what runs, not its module: it is rehearsed on a state"
        raise UsageError(msg, hint=f"ctxcheck rehearse OLD NEW --state none, or ctxcheck backup {target.name}")
    if asked.state == LIVE:
        return _live(saved, target, asked.identity, network)
    if asked.state is None:
        return newest_state(project_folder(), target, saved.plan.network.url, asked.identity)
    state = of_snapshot(asked.state, asked.identity)
    if state.backup is not None and state.backup.manifest.canister != target.canister:
        msg = f"this is a backup of {state.backup.manifest.canister}, and the plan is for {target.canister}"
        raise UsageError(msg, where=asked.state)
    _check_hash(state, target.old.module_hash, asked.state)
    return state


def newest_state(project: Path, target: Target, url: str, identity: Path | None = None) -> OldState:
    """Return the newest backup of a canister that is sound and has the module that the plan is for.

    Raises SourceError: there is none; it names the command that makes one.
    """
    from migrator.backups.listing import COMPLETE, list_backups  # noqa: PLC0415 - loaded for backups alone

    why = f"there is no backup of {target.name}"
    for one in list_backups(backups_folder(project)):
        if one.kind != "snapshot" or one.state != COMPLETE or one.subject != f"{target.canister} {url}":
            continue
        image = SnapshotImage(one.path, open_store(project, identity=identity))
        if image.manifest.module_hash != target.old.module_hash:
            # After a run that was undone the newest snapshot is of what did not stay.
            why = f"no backup of {target.name} is of the module that runs"
            continue
        wrong = image.check(read=True)
        if wrong:
            why = f"the newest backup of {target.name} is damaged: {wrong[0]}"
            continue
        return backed(image)
    hint = f"ctxcheck backup {target.name}: it takes a snapshot, which a plan never does"
    raise SourceError(why, hint=hint)


def backed(image: SnapshotImage) -> OldState:
    """Return a backup as a state."""
    module = image.read("wasm_module", 0, image.size("wasm_module"))
    running = ", of the running canister" if image.manifest.was_running else ""
    return OldState(f"backup {image.folder.name}{running}", module, backup=image)


def of_snapshot(name: str, identity: Path | None) -> OldState:
    """Return a state by what it is called: a directory of icp-cli, or a backup. Raises UsageError, SourceError."""
    from migrator.backups.icp import Directory  # noqa: PLC0415 - loaded for backups alone

    path = Path(name)
    if (path / "metadata.json").exists():
        directory = Directory(path)
        size = directory.metadata()["wasm_module_size"]
        return OldState(f"snapshot {path.name}", directory.read("wasm_module", 0, size), directory=path)
    project = project_folder()
    backup = find_backup(project, name)
    if backup.kind != "snapshot":
        msg = f"this is a backup of {backup.kind}, not of a snapshot"
        raise UsageError(msg, where=name, hint="`ctxcheck list` shows all")
    image = SnapshotImage(backup.path, open_store(project, identity=identity))
    wrong = image.check(read=True)
    if wrong:
        msg = f"this backup is damaged: {wrong[0]}"
        raise SourceError(msg, where=name)
    return backed(image)


def _live(saved: SavedPlan, target: Target, identity: Path | None, network: dict[str, Any]) -> OldState:
    """Back up what runs now, and return it: that takes a snapshot on the chain, brings it here and deletes it."""
    from ctxcheck.connection import Target as Named  # noqa: PLC0415 - for this alone
    from migrator.backups.stamp import stamp  # noqa: PLC0415

    with connected(**network, planned=saved.plan.network) as connection:
        from analyzer.candid.principal import Principal  # noqa: PLC0415

        one = Named(target.name, Principal.parse(target.canister).raw)
        store = open_store(connection.project, identity=identity)
        folder = back_up_snapshot(connection, one, stamp(time.time_ns()), store)
        state = backed(SnapshotImage(folder, store))
    _check_hash(state, target.old.module_hash, folder.name)
    return state


def _check_hash(state: OldState, expected: str, where: str) -> None:
    from hashlib import sha256  # noqa: PLC0415 - loads OpenSSL

    found = sha256(state.module).hexdigest()
    if found != expected:
        msg = f"its module is {found[:12]}, and the plan is for {expected[:12]}"
        raise UsageError(msg, where=where, hint="a newer backup: `ctxcheck backup`; or a newer plan: `ctxcheck plan`")


def _same_module(old: bytes, state: OldState) -> None:
    from analyzer.sources.wasm import uncompressed  # noqa: PLC0415 - see above

    if uncompressed(old, "the old version") != uncompressed(state.module, state.words):
        msg = f"the {state.words} is of another module than the old version"
        raise UsageError(msg, hint="name the module that was installed when it was taken")
