"""A suggested migration tried on real state: a backup that holds what the old version left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.errors import CtxError
from analyzer.motoko.parse import parse_stable
from analyzer.sources.carried import keep_the_same
from analyzer.sources.compile import compile_module
from analyzer.sources.wasm import STABLE, read_module
from ctxcheck.backing_up import backups_folder, open_store
from ctxcheck.connection import project_folder
from ctxcheck.rehearsing import backed, of_snapshot
from migrator.backups.image import SnapshotImage
from migrator.backups.listing import COMPLETE, list_backups
from migrator.rehearsal.rehearse import OldState, Upgrade, rehearse

if TYPE_CHECKING:
    from analyzer.motoko.types import StableSignature
    from ctxcheck.suggestions import Offer
    from migrator.rehearsal.model import Rehearsal


def state_for(name: str, old: StableSignature, asked: str | None) -> OldState | None:
    """Return the state to try it on. asked: a backup or directory; None: the newest of the canister that fits.

    None: there is none. Raises UsageError, SourceError: what was asked for is none, or is of another version.
    """
    if asked is not None:
        return of_snapshot(asked, None)
    project = project_folder()
    if not backups_folder(project).is_dir():
        return None
    for one in list_backups(backups_folder(project)):
        if one.kind != "snapshot" or one.state != COMPLETE:
            continue
        try:
            image = SnapshotImage(one.path, open_store(project))
            if image.manifest.name != name or image.check(read=True):
                continue
            state = backed(image)
        except CtxError:
            continue  # it is encrypted, or damaged: `ctxcheck backup check` says what
        left = read_module(state.module, one.name).metadata.get(STABLE)
        if left is not None and keep_the_same(parse_stable(left.decode("utf-8", "replace"), one.name), old):
            return state
    return None


def try_suggestion(offer: Offer, state: OldState) -> Rehearsal | None:
    """Upgrade a copy of the state to the program with the suggestion in it; None: there is no such program or compiler.

    Raises CtxError: it does not compile, or cannot be tried.
    """
    if offer.edited is None or not offer.edited.own:
        return None
    made = compile_module(offer.edited.program)
    return None if made is None else rehearse(state, Upgrade(offer.name, made[0]))
