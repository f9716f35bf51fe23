"""`ctxcheck.toml`: what a project has decided about its checks.

One table says which keys there are; reading, errors and the JSON Schema for editors all follow from it.
"""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from analyzer.compare.candid import PROFILES
from analyzer.errors import UsageError
from analyzer.model import ALL_CLIENTS, RULES_VERSION, Surface, Verdict
from analyzer.policy.levels import Policy
from analyzer.rules import all_rules, find

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from analyzer.rules.rule import Rule

NAME = "ctxcheck.toml"
IN_REPO = "in-repo"
_DEPLOYED = "deployed"
_HISTORY = "docs/migration-history.md"
_MOST = 1_000_000


class Level(StrEnum):
    """What becomes of the findings of one rule."""

    BLOCK = "block"  # they block, whatever the policy
    WARN = "warn"  # they are shown and do not block
    OFF = "off"  # they are counted and not shown


class PagedListing(NamedTuple):
    """A listing that comes page by page: `migrator.backups.paging`. by: `offset`, `page` or `cursor`."""

    by: Literal["offset", "page", "cursor"] = "offset"
    size: int = 100
    entries: str = "entries"
    next: str = "next"
    first: str | None = None


class DataConfig(NamedTuple):
    """What is backed up of what a canister lists, and how it goes back; None: what is discovered.

    optional: what need not be there. paged: by listing. restore: the method that takes back what a listing gave.
    """

    listings: tuple[str, ...] | None = None
    optional: tuple[str, ...] = ()
    paged: Mapping[str, PagedListing] = {}
    restore: Mapping[str, str] = {}


class VerifyConfig(NamedTuple):
    """What shows that a canister works; calls None: `getCurrentTime`, where there is one, and every listing.

    expect: replies of queries, Candid text. at_least: entries of listings.
    """

    calls: tuple[str, ...] | None = None
    expect: Mapping[str, str] = {}
    at_least: Mapping[str, int] = {}


class CanisterConfig(NamedTuple):
    """What holds for one canister; None: what holds for all. in_repo: all its clients are in this repository."""

    policy: Policy | None = None
    profile: str | None = None
    clients: tuple[str, ...] | None = None
    in_repo: bool = False
    after: tuple[str, ...] = ()
    arguments: str | None = None
    timers: Literal["report", "rearm"] = "report"
    data: DataConfig = DataConfig()
    verify: VerifyConfig = VerifyConfig()


class Release(NamedTuple):
    """How plans are made, approved and run: the keys of `[migrate]`; None where the project has decided nothing.

    hours: until a plan expires.
    """

    approvers: tuple[str, ...] = ()
    approvals: int = 1
    auto_approve: Literal["never", "safe"] = "never"
    rehearse: Literal["required", "when-possible", "off"] | None = None
    compare: Literal["yes", "no"] | None = None
    rollback: Literal["unchanged", "always", "never"] = "unchanged"
    download: Literal["before", "after", "no"] | None = None
    keep: int = 1
    hours: int = 24
    restart: tuple[str, ...] = ()
    orchestrator: str | None = None
    hooks: Mapping[str, tuple[str, ...]] = {}


class Config(NamedTuple):
    """A project's decisions; None where it has taken none. label: of the file, None where there is none.

    rules: the set of rules that may block; what later ones find only warns. baseline: the revision that a change is to
    be merged into. deployed: the folder that holds what is deployed, as seen from the file.
    """

    label: str | None = None
    rules: str | None = None
    policy: Policy | None = None
    profile: str | None = None
    clients: tuple[str, ...] | None = None
    in_repo: bool = False
    baseline: str | None = None
    deployed: str = _DEPLOYED
    levels: Mapping[str, Level] = {}
    canisters: Mapping[str, CanisterConfig] = {}
    history: str = _HISTORY
    release: Release = Release()

    def of(self, canister: str) -> CanisterConfig:
        """Return what holds for a canister."""
        own = self.canisters.get(canister, CanisterConfig())
        has_clients = own.clients is not None or own.in_repo
        return CanisterConfig(
            own.policy or self.policy,
            own.profile or self.profile,
            own.clients if has_clients else self.clients,
            own.in_repo if has_clients else self.in_repo,
            own.after,
            own.arguments,
            own.timers,
            own.data,
            own.verify,
        )

    def unknown_canisters(self, known: Collection[str]) -> None:
        """Raise UsageError where a canister is configured that there is none of."""
        for name in self.canisters:
            if name not in known:
                msg = f"there is no canister {name!r} in this project"
                raise UsageError(msg, where=self.label, hint=_nearest(name, known))


class _Key(NamedTuple):
    """One key. kind: `text`, `choice`, `clients`, `count`, `words` (a list of texts), `table` (of `keys`) or `names`.

    `names`: a table whose keys are names; what stands behind them is of `keys`, `choices`, or the kind `inner`.
    """

    help: str
    kind: str = "text"
    choices: tuple[str, ...] = ()
    keys: Mapping[str, _Key] = {}
    inner: str | None = None


_COMMON = {
    "policy": _Key(
        "What blocks: stored data (state), also old clients (wire), also the migration guide (guide).",
        "choice",
        tuple(Policy),
    ),
    "profile": _Key("Whose Candid answer counts.", "choice", PROFILES),
    "clients": _Key(
        f'Whose old clients count; "{IN_REPO}": all are in this repository and change with it.', "clients", ALL_CLIENTS
    ),
}
_PATHS = {
    "deployed": _Key("Folder of what is deployed: NAME.did and NAME.most."),
    "history": _Key("File that each migration adds its line to."),
}
_OF_TARGET = {
    "after": _Key("Canisters that are upgraded before this one.", "words"),
    "arguments": _Key("The upgrade's arguments, Candid text, e.g. '(opt 42)'."),
    "timers": _Key(
        "After a rollback: tell that the timer stands still, or put the old module on itself, which arms it.",
        "choice",
        ("report", "rearm"),
    ),
}
_PAGED = {
    "by": _Key("What its first argument says.", "choice", ("offset", "page", "cursor")),
    "size": _Key("Entries of a page that are asked for.", "count"),
    "entries": _Key("With a cursor: the field of the result that has the list."),
    "next": _Key("With a cursor: the field that says where to go on."),
    "first": _Key("With a cursor that is not optional: where it begins, Candid text."),
}
_DATA = {
    "listings": _Key("Queries whose replies are backed up, instead of all that are found.", "words"),
    "optional": _Key("Of these, what need not be there.", "words"),
    "paged": _Key("Listings that come page by page.", "names", keys=_PAGED),
    "restore": _Key("The method that takes back what a listing gave, by listing.", "names", inner="text"),
}
_VERIFY = {
    "calls": _Key("Queries that have to answer, instead of getCurrentTime and all listings.", "words"),
    "expect": _Key("Replies of queries that take nothing, Candid text.", "names", inner="text"),
    "at_least": _Key("How many entries a listing has at least.", "names", inner="count"),
}
_MIGRATE = {
    "approvers": _Key("Principals that may approve a plan; who runs it, where none are named.", "words"),
    "approvals": _Key("How many of them have to.", "count"),
    "auto_approve": _Key(
        'Off a network of this machine: "safe" lets plans run whose changes are all safe and certified.',
        "choice",
        ("never", "safe"),
    ),
    "rehearse": _Key(
        "Whether a plan has to be rehearsed. Default: required, but on a network of this machine.",
        "choice",
        ("required", "when-possible", "off"),
    ),
    "compare": _Key("Whether the stored values before and after are compared.", "choice", ("yes", "no")),
    "rollback": _Key(
        "After start, a failed check undoes the upgrade: while nothing was written, always, or never.",
        "choice",
        ("unchanged", "always", "never"),
    ),
    "download": _Key(
        "When the snapshot is downloaded: while the canister stands still, after it runs again, or not.",
        "choice",
        ("before", "after", "no"),
    ),
    "keep": _Key("How many snapshots of ours stay on the chain.", "count"),
    "hours": _Key("Hours after which a plan expires.", "count"),
    "restart": _Key("The command that starts the local network anew when files were put back.", "words"),
    "orchestrator": _Key("FILE.py:CLASS, a MigrationOrchestrator of the project."),
    "hooks": _Key("Commands by hook, e.g. before_stop, on_failure.", "names", inner="words"),
}
KEYS = {
    "rules": _Key(f"The set of rules that may block, e.g. {RULES_VERSION!r}; what later rules find only warns."),
    **_COMMON,
    "baseline": _Key("The revision that changes are merged into, e.g. 'origin/main'."),
    "paths": _Key("Where things are.", "table", keys=_PATHS),
    "levels": _Key("Levels of rules, by id.", "names", tuple(Level)),
    "canisters": _Key(
        "What holds for one canister alone.",
        "names",
        keys={
            **_COMMON,
            "migrate": _Key("How it is upgraded.", "table", keys=_OF_TARGET),
            "data": _Key("What is backed up of what it lists, and how it goes back.", "table", keys=_DATA),
            "verify": _Key("What shows that it works.", "table", keys=_VERIFY),
        },
    ),
    "migrate": _Key("How plans are made, approved and run.", "table", keys=_MIGRATE),
}


def read_config(text: str, label: str) -> Config:
    """Return the configuration that a text holds. Raises UsageError: no TOML, unknown keys, values that cannot be."""
    try:
        root = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"this is not TOML: {error}"
        raise UsageError(msg, where=label) from None
    except RecursionError:
        msg = "this is nested too deeply"
        raise UsageError(msg, where=label) from None
    _Check(text, label).table(root, KEYS, "")
    clients, in_repo = _clients(root)
    config = Config(
        label=label,
        rules=root.get("rules"),
        policy=Policy(root["policy"]) if "policy" in root else None,
        profile=root.get("profile"),
        clients=clients,
        in_repo=in_repo,
        baseline=root.get("baseline"),
        deployed=root.get("paths", {}).get("deployed", _DEPLOYED),
        levels={name.upper(): Level(level) for name, level in root.get("levels", {}).items()},
        canisters={name: _canister(entry) for name, entry in root.get("canisters", {}).items()},
        history=root.get("paths", {}).get("history", _HISTORY),
        release=Release(**{name: _frozen(value) for name, value in root.get("migrate", {}).items()}),
    )
    _check_rules(config, _Check(text, label))
    return config


def _canister(entry: Mapping[str, Any]) -> CanisterConfig:
    clients, in_repo = _clients(entry)
    policy = Policy(entry["policy"]) if "policy" in entry else None
    own = {name: _frozen(value) for name, value in entry.get("migrate", {}).items()}
    data = {name: _frozen(value) for name, value in entry.get("data", {}).items()}
    data["paged"] = {name: PagedListing(**value) for name, value in data.get("paged", {}).items()}
    verify = {name: _frozen(value) for name, value in entry.get("verify", {}).items()}
    kept, works = DataConfig(**data), VerifyConfig(**verify)
    return CanisterConfig(policy, entry.get("profile"), clients, in_repo, **own, data=kept, verify=works)


def _frozen(value: Any) -> Any:  # noqa: ANN401 - a value of TOML
    if isinstance(value, dict):
        return {name: _frozen(entry) for name, entry in value.items()}
    return tuple(value) if isinstance(value, list) else value


def _clients(entry: Mapping[str, Any]) -> tuple[tuple[str, ...] | None, bool]:
    found = entry.get("clients")
    if found == IN_REPO:
        return None, True
    return (None if found is None else tuple(found)), False


def _check_rules(config: Config, check: _Check) -> None:
    if config.rules is not None and not re.fullmatch(r"\d{4}\.\d+", config.rules):
        check.fail("rules", f"{config.rules!r} is no set of rules", f"this version has {RULES_VERSION}")
    if config.rules is not None and order(config.rules) > order(RULES_VERSION):
        msg = f"the set of rules {config.rules} is newer than this version of ctxcheck, which has {RULES_VERSION}"
        check.fail("rules", msg, "update ctxcheck")
    for name, level in config.levels.items():
        rule = find(name) if re.fullmatch(r"[SC]\d{3}", name) else None
        if rule is None:
            ids = [known.id for known in all_rules()]
            slugs = {known.slug: known.id for known in all_rules()}
            near = slugs.get(name.lower()) or _nearest_of(name, ids)
            check.fail(
                name, f"there is no rule {name}", f"did you mean {near}?" if near else "`ctxcheck rules` lists them"
            )
        elif level != Level.BLOCK and not may_be_lowered(rule.surface, rule.verdict):
            msg = f"{name} {rule.slug} cannot be lowered to `{level}`: stored data is at stake"
            hint = "write a migration function"
            if rule.verdict == Verdict.LOSSY:
                hint = "accept one change at a time: `ctxcheck accept FINGERPRINT --reason TEXT`"
            check.fail(name, msg, hint)


def may_be_lowered(surface: Surface, verdict: Verdict) -> bool:
    """Tell whether a configuration may let findings pass: never those that cost stored data."""
    return surface == Surface.CANDID or verdict == Verdict.SAFE


def is_newer(rule: Rule, pinned: str | None) -> bool:
    """Tell whether a rule came after the pinned set of rules."""
    return pinned is not None and order(rule.since) > order(pinned)


def order(version: str) -> tuple[int, ...]:
    """Return a set of rules as numbers that compare."""
    return tuple(int(number) for number in version.split("."))


def _nearest_of(name: str, known: Collection[str]) -> str | None:
    return next(iter(get_close_matches(name, known, 1)), None)


def _nearest(name: str, known: Collection[str]) -> str:
    near = _nearest_of(name, known)
    return f"did you mean `{near}`?" if near else f"known: {', '.join(sorted(known)) or 'none'}"


class _Check:
    """Looks at values before they are taken, and says where a wrong one stands."""

    def __init__(self, text: str, label: str) -> None:
        self._lines = text.splitlines()
        self._label = label

    def fail(self, key: str, msg: str, hint: str | None = None) -> None:
        """Raise UsageError with the line that a key is on."""
        wanted = re.compile(rf"""^\s*(?:\[[^\]]*)?["']?{re.escape(key)}["']?\s*(?:[=.\]]|$)""", re.IGNORECASE)
        line = next((number for number, text in enumerate(self._lines, 1) if wanted.match(text)), None)
        raise UsageError(msg, where=self._label if line is None else f"{self._label}:{line}", hint=hint)

    def table(self, found: Mapping[str, Any], keys: Mapping[str, _Key], path: str) -> None:
        """Check a table against its keys."""
        for name, value in found.items():
            key = keys.get(name)
            if key is None:
                self.fail(name, f"there is no key `{path}{name}`", _nearest(name, keys))
            else:
                self._value(value, key, f"{path}{name}", name)

    def _value(self, value: object, key: _Key, path: str, name: str) -> None:
        if key.kind in ("table", "names"):
            if not isinstance(value, dict):
                self.fail(name, f"`{path}` is a table")
            elif key.kind == "table":
                self.table(value, key.keys, f"{path}.")
            else:
                for inner, entry in value.items():
                    if key.keys:
                        self._value(entry, _Key("", "table", keys=key.keys), f"{path}.{inner}", inner)
                    elif key.inner is not None:
                        self._value(entry, _Key("", key.inner), f"{path}.{inner}", inner)
                    else:
                        self._one_of(entry, key.choices, f"{path}.{inner}", inner)
        elif key.kind == "choice":
            self._one_of(value, key.choices, path, name)
        elif key.kind == "clients":
            if value != IN_REPO and not (isinstance(value, list) and value):
                self.fail(name, f'`{path}` is "{IN_REPO}" or a list of {", ".join(key.choices)}')
            for client in value if isinstance(value, list) else ():
                self._one_of(client, key.choices, path, name)
        elif key.kind == "count":
            if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < _MOST:
                self.fail(name, f"`{path}` is a whole number above 0")
        elif key.kind == "words":
            if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
                self.fail(name, f"`{path}` is a list of texts")
        elif not isinstance(value, str) or not value:
            self.fail(name, f"`{path}` is a text")

    def _one_of(self, value: object, choices: Collection[str], path: str, name: str) -> None:
        if value not in choices:
            near = _nearest_of(value, choices) if isinstance(value, str) else None
            hint = f'did you mean "{near}"?' if near else None
            self.fail(name, f"`{path}` is one of {', '.join(choices)}, not {value!r}", hint)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the file, for editors."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": NAME,
        "description": "What a project has decided about its checks by ctxcheck.",
        **_schema_of_table(KEYS),
    }


def _schema_of_table(keys: Mapping[str, _Key]) -> dict[str, Any]:
    properties = {name: {"description": key.help, **_schema_of(key)} for name, key in keys.items()}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _schema_of(key: _Key) -> dict[str, Any]:
    if key.kind == "table":
        return _schema_of_table(key.keys)
    if key.kind == "names":
        inner = _schema_of_table(key.keys) if key.keys else {"enum": list(key.choices)}
        if key.inner is not None:
            inner = _schema_of(_Key("", key.inner))
        return {"type": "object", "additionalProperties": inner}
    if key.kind == "choice":
        return {"enum": list(key.choices)}
    if key.kind == "clients":
        listed = {"type": "array", "minItems": 1, "items": {"enum": list(key.choices)}}
        return {"oneOf": [{"const": IN_REPO}, listed]}
    if key.kind == "count":
        return {"type": "integer", "minimum": 1, "maximum": _MOST - 1}
    if key.kind == "words":
        return {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}}
    return {"type": "string", "minLength": 1}
