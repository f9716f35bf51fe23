"""A plan out of what runs, what the project builds, and what it has decided."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import click

from analyzer.candid.methods import method_of
from analyzer.candid.parse import parse_candid
from analyzer.candid.principal import Principal
from analyzer.candid.values import EncodeError, encode
from analyzer.errors import CtxError, ParseError, SourceError, UsageError
from analyzer.policy.gate import Gate
from analyzer.policy.levels import Policy
from analyzer.sources.decisions import read_decisions
from analyzer.sources.files import read_bytes
from analyzer.sources.projects.profile import default_profile
from analyzer.sources.wasm import read_module
from ctxcheck import __version__
from migrator.backups.data import listing_queries
from migrator.build import Built, build, from_file
from migrator.failures import Refused
from migrator.network.canister import ARGUMENTS, CANDID, EOP, SECTIONS, STABLE, read_canister
from migrator.plan.budget import UNKNOWN, budget
from migrator.plan.build import EMPTY, About, Live, Wanted, WantedCheck, make_plan
from migrator.plan.model import Approvers, Backup, Network, Proof, Rollback
from migrator.plan.prechecks import Looked, prechecks, refused
from migrator.plan.words import standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Literal

    from analyzer.candid.types import CandidInterface
    from analyzer.policy.config import Config, Release
    from analyzer.sources.decisions import Decisions
    from ctxcheck.connection import Connection, Target
    from migrator.network.canister import CertifiedCanister
    from migrator.plan.file import SavedPlan

_TIME = "getCurrentTime"
_SMALL = 64 * 1024 * 1024  # bytes that are downloaded while a canister stands still, unless somebody says otherwise
_HOUR = 60 * 60 * 1_000_000_000


class Options(NamedTuple):
    """What a call asks for; None and empty: not given. old: the module of what runs, where it shows no sections.

    proposed: others will do it, so who plans need not be a controller. quiet: nothing is told while it is made.
    """

    message: str = ""
    wasm: Path | None = None
    old: Path | None = None
    arguments: str | None = None
    tool: str | None = None
    download: Literal["before", "after", "no"] | None = None
    allow_dirty: bool = False
    skip_rehearsal: str | None = None
    proposed: bool = False
    quiet: bool = False


def planned(connection: Connection, names: Sequence[str], options: Options) -> SavedPlan:
    """Make a plan. names: of canisters; of none, all that are known there. Raises CtxError."""
    decided = read_decisions(connection.project)
    targets = connection.targets(names)
    if len(targets) > 1 and (options.wasm or options.old or options.arguments is not None):
        msg = "--wasm, --old and --args are about one canister"
        raise UsageError(msg, hint="name one; `[canisters.NAME.migrate]` in ctxcheck.toml has the arguments of each")
    release, agent = decided.config.release, connection.agent
    sender = str(Principal(agent.identity.sender))
    about = About(
        __version__,
        Network(connection.place.name, connection.place.url, agent.root_key.hex(), agent.transport.is_local),
        sender,
        options.message,
        Approvers(release.approvers or (sender,), release.approvals, release.auto_approve),
        (decided.config.policy or Policy.GUIDE).value,
        _gate(decided),
        release.hours * _HOUR,
    )
    wanted = [_wanted(connection, target, options, decided) for target in targets]
    saved = make_plan(about, wanted)
    if options.skip_rehearsal is not None or release.rehearse == "off" or not _may_run(saved):
        return saved
    from ctxcheck.rehearsals import rehearsed  # noqa: PLC0415 - loads a network

    found = rehearsed(saved, connection.project, required=_is_required(release, here=agent.transport.is_local))
    if not found:
        return saved
    return make_plan(about, [one._replace(**found[one.name]._asdict()) if one.name in found else one for one in wanted])


def _is_required(release: Release, *, here: bool) -> bool:
    return (release.rehearse or ("when-possible" if here else "required")) == "required"


def _may_run(saved: SavedPlan) -> bool:
    """Tell whether nothing that is known already stands in the way: what may not run is not tried."""
    refused_any = any(True for target in saved.plan.targets for _ in refused(list(target.prechecks)))
    return not standing(saved.plan) and not refused_any


def _gate(decided: Decisions) -> Gate | None:
    if decided.config.label is None and not decided.accepted:
        return None
    policy = decided.config.policy or Policy.GUIDE
    return Gate(decided.config, policy, decided.accepted, datetime.now(UTC).date())


def _wanted(connection: Connection, target: Target, options: Options, decided: Decisions) -> Wanted:
    config: Config = decided.config
    of_target, release = config.of(target.name), config.release
    if not options.quiet:
        click.echo(f"{target.name}: reading what runs", err=True)
    certified = read_canister(connection.agent, target.id)
    kinds = dict(controllers_of(connection, certified))
    live = _live(connection, target, certified, kinds, proposed=options.proposed)
    status = live.status
    if options.wasm is not None:
        made = from_file(connection.project, options.wasm)
    else:
        click.echo(f"{target.name}: building", err=True)
        made = build(connection.project, target.name, network=connection.place.name, tool=options.tool)
    sections = {} if options.old is None else _old_sections(options.old, certified.module_hash)
    here = connection.agent.transport.is_local
    memory = 0 if status is None else status.wasm_memory_size + status.stable_memory_size
    download = options.download or release.download
    if download is None:
        download = "before" if memory <= _SMALL else "after"
    shown = {**{name: content for name, (content, _) in sections.items()}, **certified.sections}
    _refuse_unknown(target, set(shown), certified.hidden, made)
    compares = _compares(release.compare, shown, made, download)
    taken = 2 if compares else 1
    before = download == "before"
    cost = budget(status, live.snapshots, len(made.module), download_first=before, copies=taken) if status else UNKNOWN
    looked = Looked(
        live,
        target.name,
        connection.agent.identity.sender,
        made.module,
        made.build,
        here,
        options.allow_dirty,
        taken,
        int(cost.needed),
        connection.project,
        0 if download == "no" else taken,
        time.time_ns(),
        options.proposed,
        kinds,
    )
    argument, text = _argument(target, made, options.arguments or of_target.arguments)
    return Wanted(
        target.name,
        made.module,
        live,
        argument,
        text,
        tuple(of_target.after),
        sections,
        made.build,
        prechecks(looked),
        list(_checks(target, shown, made)),
        of_target.profile or default_profile(connection.project),
        Rollback(release.rollback, of_target.timers),
        Backup("yes", "yes" if CANDID in shown else "no", download, release.keep),
        "yes" if _is_required(release, here=here) else "no",
        "yes" if compares else "no",
        Proof(types=STABLE in shown, rehearsed=None, compared=None, skipped=options.skip_rehearsal),
    )


def _live(
    connection: Connection, target: Target, certified: CertifiedCanister, kinds: Mapping[str, str], *, proposed: bool
) -> Live:
    """Return what a canister is; for who is no controller, as far as that shows. Raises Refused."""
    sender = connection.agent.identity.sender
    if sender in certified.controllers:
        return Live(certified, connection.client.status(target.id), len(connection.client.snapshots(target.id)))
    if proposed:
        return Live(certified, None, 0)
    named = ", ".join(f"{one} ({kind})" for one, kind in kinds.items()) or "nobody"
    msg = f"{Principal(sender)} is no controller of {target.name}; those are {named}"
    raise Refused(msg, hint="another --identity; or --for sns or --for proxy, for those who are to do it")


def _refuse_unknown(target: Target, shown: set[str], hidden: frozenset[str], made: Built) -> None:
    """Raise SourceError where the new version shows a part that is not known of what runs."""
    new = read_module(made.module, f"new {target.name}").metadata
    for section in (STABLE, CANDID, EOP):
        if section in shown or (section not in hidden and (section == EOP or section not in new)):
            continue
        why = "does not show it to this identity" if section in hidden else "does not have it"
        msg = f"what runs is not known: {section} of {target.name}: the deployed module {why}"
        hint = "--old WASM gives the very module that was installed; or --identity of a controller"
        raise SourceError(msg, hint=hint)


def _compares(asked: str | None, shown: Mapping[str, bytes], made: Built, download: str) -> bool:
    """Tell whether both versions are compared, value by value or by what they list, unless told not to."""
    new = read_module(made.module, "the new module").metadata
    by_value = EOP in shown and STABLE in shown and EOP in new
    return (by_value or CANDID in shown) and download != "no" and asked != "no"


def _old_sections(path: Path, certified: bytes | None) -> dict[str, tuple[bytes, str]]:
    """Return the sections of a module that is proven to be what runs. Raises SourceError."""
    from hashlib import sha256  # noqa: PLC0415 - loads OpenSSL

    data = read_bytes(path)
    found = sha256(data).digest()
    if found != certified:
        told = "none" if certified is None else certified.hex()
        msg = f"this is not what runs: its hash is {found.hex()}, and certified is {told}"
        raise SourceError(msg, where=str(path), hint="the very bytes that were installed are needed, .gz or not")
    metadata = read_module(data, str(path)).metadata
    return {name: (metadata[name], "module") for name in SECTIONS if name in metadata}


def _argument(target: Target, made: Built, text: str | None) -> tuple[bytes, str | None]:
    """Return what the upgrade is called with, encoded at the types that the new version takes. Raises UsageError."""
    metadata = read_module(made.module, f"new {target.name}").metadata
    interface = _taking(metadata)
    types = interface.init or () if interface is not None else ()
    if text is None:
        if types:
            asked = metadata[ARGUMENTS].decode("utf-8", "replace")
            msg = f"the new version of {target.name} takes arguments: {' '.join(asked.split())}"
            hint = f"--args '(...)', or arguments in [canisters.{target.name}.migrate] of ctxcheck.toml"
            raise UsageError(msg, hint=hint)
        return EMPTY, None
    from analyzer.candid.values.parse import parse_untyped, parse_values  # noqa: PLC0415 - only where there are some

    if interface is None:
        parse_untyped(text, "--args")
        msg = f"the new version of {target.name} does not show what arguments it takes"
        raise UsageError(msg, hint="compile it with --public-metadata candid:args, or leave --args out")
    try:
        return encode(interface, types, parse_values(text, interface, types, "--args")), text
    except EncodeError as error:
        msg = f"these are not the arguments of the new version of {target.name}: {error}"
        raise UsageError(msg) from None


def _taking(metadata: Mapping[str, bytes]) -> CandidInterface | None:
    """Return an interface whose service takes what a module's `candid:args` says; None: it does not say."""
    asked = metadata.get(ARGUMENTS)
    if asked is None:
        return None
    service = metadata.get(CANDID, b"").decode("utf-8", "replace")
    types = re.split(r"^service\b", service, maxsplit=1, flags=re.MULTILINE)[0]
    return parse_candid(f"{types}\nservice : {asked.decode('utf-8', 'replace')} -> {{}}", ARGUMENTS)


def _checks(target: Target, shown: Mapping[str, bytes], made: Built) -> Iterator[WantedCheck]:
    """Give the calls by which the new version is checked: those that both versions have and that take nothing."""
    old_text, new_text = shown.get(CANDID), read_module(made.module, "the new module").metadata.get(CANDID)
    if old_text is None or new_text is None:
        return
    try:
        old = parse_candid(old_text.decode("utf-8", "replace"), f"{target.name} ({CANDID})")
        new = parse_candid(new_text.decode("utf-8", "replace"), f"new {target.name} ({CANDID})")
    except ParseError:
        return
    for name, kind in ((_TIME, "reply"), *((name, "kept") for name in listing_queries(old))):
        before, after = method_of(old, name), method_of(new, name)
        if before is None or after is None or before.arguments or after.arguments:
            continue
        if before.mode == "query" == after.mode and (kind == "reply") == (name == _TIME):
            yield WantedCheck(name, expects="reply" if kind == "reply" else "kept")


def controllers_of(connection: Connection, certified: CertifiedCanister) -> Iterator[tuple[str, str]]:
    """Give the controllers of a canister and what each is, as far as that shows, unless who asks is one."""
    if connection.agent.identity.sender in certified.controllers:
        return
    for one in certified.controllers:
        yield str(Principal(one)), _kind(connection, one)


_KINDS: tuple[tuple[str, str], ...] = (
    ("list_sns_canisters", "the root of an SNS: `ctxcheck plan --for sns`"),
    ("create_request", "an Orbit station: propose the upgrade there"),
    ("proxy", "a proxy: `ctxcheck plan --for proxy`"),
)
_OF_CANISTERS = 10  # bytes of a canister's id


def _kind(connection: Connection, principal: bytes) -> str:
    if len(principal) != _OF_CANISTERS or principal[-1:] != b"\x01":
        return "a key"
    try:
        text = read_canister(connection.agent, principal).sections.get(CANDID, b"")
        interface = parse_candid(text.decode("utf-8", "replace"), "controller")
    except CtxError:
        return "a canister"
    return next((words for method, words in _KINDS if method_of(interface, method) is not None), "a canister")
