"""What the listing queries of canisters return, in one file: `data-backup-{time}.json`.

Each listing stands there decoded, with its type, and as it came, so that it is restored byte for byte. A listing that
could not be had is named with the reason, and is never a shorter list.

Beside them stands what no query returns: the stable variables, as a snapshot of the same backup has them. They are
there to be read; nothing restores them but the snapshot itself.
"""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.candid.methods import method_of
from analyzer.candid.print import type_text
from analyzer.candid.types import Kind
from analyzer.candid.values import Case, DecodeError, decode, encode
from analyzer.errors import CtxError, SourceError
from migrator.backups.encryption import needs_identity
from migrator.backups.paging import read_pages
from migrator.backups.plainly import count, plainly
from migrator.backups.private import write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from analyzer.candid.methods import Method
    from analyzer.candid.types import CandidInterface
    from migrator.backups.encryption import Identity, Recipient
    from migrator.backups.paging import Paging

SCHEMA = "ctxcheck.data/2"
_READ = (SCHEMA, "ctxcheck.data/1")  # the first had no stable variables
_SOURCE = "listings: replies to queries, each signed by one node of the subnet; they are not certified"
_SHOWN = 200  # letters of what a query returned instead
_LONG = 1_000_000  # letters of a type's text


class NotListed(CtxError):
    """A query that answers with an error in the words of its program."""


class Listing(NamedTuple):
    """What a query returned. entries: how many, None where it is no list. reply: Candid, as it came.

    pages: how many calls it took; of several the reply is the whole list, encoded anew. Between them the canister may
    have changed: each is as it was when it was read.
    """

    method: str
    type: str
    entries: int | None
    value: Any
    reply: bytes
    pages: int = 1


class Variables(NamedTuple):
    """The stable variables of a canister. snapshot: the backup that they are read from, None where none was made.

    document: as `ctxcheck state export` writes it (`ctxcheck.state/1`), None where `why` says why it is not here.
    """

    snapshot: str | None
    document: dict[str, Any] | None = None
    why: str | None = None


class CanisterData(NamedTuple):
    """What is kept of one canister.

    missing: why a query is not backed up, by its name. optional: of these, what need not be there. variables: None in a
    backup of before they were kept.
    """

    id: str
    module_hash: str | None
    listings: dict[str, Listing]
    missing: dict[str, str]
    optional: tuple[str, ...] = ()
    variables: Variables | None = None


def listing_queries(interface: CandidInterface) -> list[str]:
    """Return the queries without arguments whose name begins with `list` or whose one result is a list."""
    found = []
    for name in _methods(interface):
        method = method_of(interface, name)
        if method is None or method.mode not in ("query", "composite_query") or method.arguments:
            continue
        if name.startswith("list") or (len(method.results) == 1 and _is_list(interface, method.results[0])):
            found.append(name)
    return found


def _methods(interface: CandidInterface) -> Iterable[str]:
    if interface.service < 0:
        return []
    return [str(label) for label in interface.table.labels[interface.service]]


def _is_list(interface: CandidInterface, node: int) -> bool:
    table, node = interface.table, interface.heads[node]
    if table.kinds[node] != Kind.VEC:
        return False
    item = interface.heads[table.children[node][0]]
    return table.kinds[item] != Kind.NAT8  # bytes are no list


def read_data(
    interface: CandidInterface,
    query: Callable[[str, bytes], bytes],
    names: Iterable[str],
    paged: Mapping[str, Paging] | None = None,
) -> tuple[dict[str, Listing], dict[str, str]]:
    """Ask queries; return what they list, and why others could not be had. query: raises CtxError.

    paged: how to ask those that list page by page; all others take no arguments.
    """
    listings: dict[str, Listing] = {}
    missing: dict[str, str] = {}
    for name in dict.fromkeys(names):
        method = method_of(interface, name)
        paging = (paged or {}).get(name)
        if method is None:
            missing[name] = "the canister has no such method"
        elif method.mode not in ("query", "composite_query"):
            missing[name] = "it is no query"
        elif method.arguments and paging is None:
            missing[name] = "it takes arguments"
        else:
            try:
                listings[name] = _listing(interface, query, name, method, paging)
            except DecodeError as error:
                missing[name] = f"its reply cannot be read: {error}"
            except CtxError as error:
                missing[name] = str(error)
            except RecursionError:
                missing[name] = "its values are nested too deeply to be written"
    return listings, missing


def _listing(
    interface: CandidInterface,
    query: Callable[[str, bytes], bytes],
    name: str,
    method: Method,
    paging: Paging | None,
) -> Listing:
    if paging is not None:
        whole = read_pages(interface, lambda arg: query(name, arg), name, method, paging)
        reply = encode(interface, (whole.node,), [whole.entries])
        text = type_text(interface, whole.node, _LONG)
        return Listing(name, text, len(whole.entries), plainly(whole.entries), reply, whole.pages)
    reply = query(name, encode(interface, (), []))
    values = decode(reply, interface, method.results)
    one = values[0] if len(values) == 1 else values
    if isinstance(one, Case) and str(one.label).lower() == "err":  # Motoko's Result: it says that it lists nothing
        words = json.dumps(plainly(one), ensure_ascii=False)[:_SHOWN]
        msg = f"it returned {words}"
        raise NotListed(msg)
    kept = plainly(one) if len(values) == 1 else [plainly(value) for value in values]
    return Listing(name, _type(interface, method), count(one) if len(values) == 1 else None, kept, reply)


def _type(interface: CandidInterface, method: Method) -> str:
    return ", ".join(type_text(interface, node, _LONG) for node in method.results)


def write_data(
    path: Path,
    canisters: dict[str, CanisterData],
    *,
    created: str,
    network: str,
    recipient: Recipient | None = None,
) -> None:
    """Write a data backup. created: as in the name. recipient: who alone can read what is listed."""
    inner = {name: _told(one) for name, one in canisters.items()}
    told: dict[str, Any] = {"schema": SCHEMA, "created": created, "network": network, "source": _SOURCE}
    if recipient is None:
        told["canisters"] = inner
    else:
        told["encrypted"] = base64.b64encode(recipient.seal(json.dumps(inner).encode())).decode()
        told["recipient"] = recipient.text
        told["holds"] = [[one.id, name] for one in canisters.values() for name in held(one)]
    told["sha256"] = _digest(told)
    write_file(path, (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode())


def held(one: CanisterData) -> list[str]:
    """Return what is kept of a canister, by name: what another backup has to have before this one may go."""
    variables = one.variables is not None and one.variables.document is not None
    return [*sorted(one.listings), *(["(stable variables)"] if variables else [])]


def _told(one: CanisterData) -> dict[str, Any]:
    return {
        "id": one.id,
        "module_hash": one.module_hash,
        "queries": {
            name: {
                "type": listing.type,
                "count": listing.entries,
                "value": listing.value,
                "reply": base64.b64encode(listing.reply).decode(),
                "pages": listing.pages,
            }
            for name, listing in one.listings.items()
        },
        "not_backed_up": one.missing,
        "optional": list(one.optional),
        "variables": None if one.variables is None else one.variables._asdict(),
    }


def _digest(told: dict[str, Any]) -> str:
    return sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def told_data(path: Path) -> dict[str, Any]:
    """Return a data backup as it is written, held against its checksum. Raises SourceError: it is none, or changed."""
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        msg = f"this cannot be read: {error}"
        raise SourceError(msg, where=str(path)) from None
    if not isinstance(told, dict) or told.get("schema") not in _READ:
        msg = "this is no data backup of ctxcheck"
        raise SourceError(msg, where=str(path), hint="a backup of the npm script is listed, and restored by hand")
    digest = told.pop("sha256", None)
    if digest != _digest(told):
        msg = "the backup is not what it was"
        raise SourceError(msg, where=str(path), hint="restore from another backup")
    return told


def load_data(path: Path, identity: Identity | None = None) -> dict[str, CanisterData]:
    """Return a data backup. identity: opens an encrypted one. Raises SourceError: it is none, or is not what it was."""
    told = told_data(path)
    try:
        inner: Any = told.get("canisters")
        if "encrypted" in told:
            if identity is None:
                raise needs_identity(str(path))
            inner = json.loads(identity.open(base64.b64decode(told["encrypted"]), str(path)))
        return {str(name): _canister(one) for name, one in inner.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        msg = "the backup cannot be read"
        raise SourceError(msg, where=str(path), hint="restore from another backup") from None


def _canister(one: dict[str, Any]) -> CanisterData:
    listings = {
        str(method): Listing(
            str(method),
            str(part["type"]),
            None if part["count"] is None else int(part["count"]),
            part["value"],
            base64.b64decode(part["reply"], validate=True),
            int(part["pages"]),
        )
        for method, part in one["queries"].items()
    }
    missing = {str(method): str(why) for method, why in one["not_backed_up"].items()}
    optional = tuple(map(str, one["optional"]))
    return CanisterData(str(one["id"]), one["module_hash"], listings, missing, optional, _variables(one))


def _variables(one: dict[str, Any]) -> Variables | None:
    told = one.get("variables")
    if told is None:
        return None
    document = told["document"]
    if document is not None and not isinstance(document, dict):
        msg = "these are no variables"
        raise TypeError(msg)
    return Variables(told["snapshot"], document, told["why"])


class Restoring(NamedTuple):
    """How a listing goes back: by which method, with which argument."""

    listing: Listing
    method: str
    arg: bytes


def restoring(
    interface: CandidInterface, data: CanisterData, by: dict[str, str] | None = None
) -> tuple[list[Restoring], dict[str, str]]:
    """Return how listings go back, and why others cannot. by: restore methods of listings, where they are configured.

    Without it `restoreSeasons` restores what `listSeasons` lists. The method's argument has to take what was listed.
    """
    ways: list[Restoring] = []
    missing: dict[str, str] = {}
    for name, listing in data.listings.items():
        wanted = (by or {}).get(name) or f"restore{name.removeprefix('list')}"
        method, listed = method_of(interface, wanted), method_of(interface, name)
        if method is None or listed is None:
            missing[name] = f"the canister has no method `{wanted}`"
            continue
        try:
            values = decode(listing.reply, interface, method.arguments)
            ways.append(Restoring(listing, wanted, encode(interface, method.arguments, values)))
        except CtxError as error:
            missing[name] = f"`{wanted}` does not take what `{name}` listed: {error}"
    return ways, missing
