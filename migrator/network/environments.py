"""Where the canisters of a project run: networks and environments of icp.yaml and dfx.json, and the ids in them.

An environment of icp-cli is not a network: several of them may be on one network, each with ids of its own. Places and
defaults are those of icp-cli 1.5 and dfx (network.md 3.1).
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.candid.principal import Principal
from analyzer.errors import SourceError, UsageError
from analyzer.sources.disk import Disk
from analyzer.sources.files import read_text
from analyzer.sources.projects.values import table
from migrator.network.bls import raw_key

if TYPE_CHECKING:
    from collections.abc import Mapping

MAINNET = "https://icp-api.io"
_ICP_PORT, _DFX_BIND = 8000, "127.0.0.1:4943"
_MAINNETS = ("ic", "mainnet")
_MAINNET_URLS = {
    MAINNET,
    "https://icp0.io",
    "https://ic0.app",
    "https://icp-api.io/",
    "https://ic0.app/",
    "https://icp0.io/",
}
_PORTS = 1 << 16


class Place(NamedTuple):
    """Where canisters are. root_key: DER; None: mainnet's, or of a network on this machine the one that it tells.

    name: of the environment or network, as the project has it. ids: of its canisters by name, as far as they are known.
    """

    name: str
    url: str
    root_key: bytes | None
    ids: dict[str, str]
    tool: str | None


def find_place(
    project: Path,
    *,
    environment: str | None = None,
    network: str | None = None,
    root_key: str | None = None,
    process: Mapping[str, str] = os.environ,
) -> Place:
    """Return where canisters are by what was asked for: -e, -n (a name or a URL), -k (hex).

    Raises UsageError: there is no such environment or network, or both are named. SourceError: a file cannot be read.
    """
    if environment is not None and network is not None:
        msg = "-e names an environment, which has a network of its own: -n cannot name another"
        raise UsageError(msg)
    key = None if root_key is None else _key(root_key, "--root-key")
    if network is not None and "://" in network:
        return Place(network, network, key, _ids_of_url(project, network), None)
    tools = [tool for tool, name in (("icp", "icp.yaml"), ("dfx", "dfx.json")) if (project / name).is_file()]
    found = None
    for tool in tools:
        found = (_of_icp if tool == "icp" else _of_dfx)(project, environment, network, process)
        if found is not None:
            break
    if found is None:
        found = _without_project(project, environment or network)
    return found if key is None else found._replace(root_key=key)


def canister_id(place: Place, name: str) -> bytes:
    """Return the id of a canister that is named, or is one itself. Raises UsageError: it is not known there."""
    told = place.ids.get(name)
    try:
        return Principal.parse(told or name).raw
    except ValueError:
        known = ", ".join(sorted(place.ids)) or "none"
        msg = f"`{name}` is no canister of {place.name}, and no canister id"
        raise UsageError(msg, hint=f"known there: {known}") from None


def _without_project(project: Path, name: str | None) -> Place:
    if name is None or name == "embedded":
        note = project / ".ctxcheck" / "replica.json"
        if note.is_file():
            told = _json(note)
            return Place("embedded", str(told.get("url")), _key(str(told.get("root_key")), str(note)), {}, None)
    if name in _MAINNETS:
        return Place("ic", MAINNET, None, {}, None)
    wanted = "" if name is None else f" `{name}`"
    msg = f"there is no network{wanted} here"
    raise UsageError(msg, hint="-n URL, -n ic, or a project with an icp.yaml or a dfx.json")


# icp-cli.


def _of_icp(project: Path, environment: str | None, network: str | None, _process: Mapping[str, str]) -> Place | None:
    from analyzer.sources.projects.icp import read_yaml  # noqa: PLC0415 - YAML takes time to load

    where = str(project / "icp.yaml")
    document = read_yaml(Disk(), project / "icp.yaml")
    networks, environments = (_listed(document, key, where) for key in ("networks", "environments"))
    on_network = {
        name: _text(told.get("network", name), f"network of {name}", where) for name, told in environments.items()
    }
    on_network = {"local": "local", "ic": "ic"} | on_network
    _refuse_other_mainnets(networks, on_network, where)
    if network is None:
        name = environment or "local"
        if name not in on_network:
            return None
        ids = _icp_ids(project, name)
        return _on_icp(networks, name, on_network[name], ids, where)
    # A network is no environment: ids are those of the environment of its name, where that is on it.
    ids = _icp_ids(project, network) if on_network.get(network) == network else {}
    return _on_icp(networks, network, network, ids, where)


def _on_icp(networks: dict[str, dict[str, Any]], name: str, on: str, ids: dict[str, str], where: str) -> Place | None:
    """Return an environment or network that is on a network; None: there is no such network."""
    if on in _MAINNETS:
        return Place(name, MAINNET, None, ids, "icp")
    told = networks.get(on, {"mode": "managed"} if on == "local" else None)
    if told is None:
        return None
    if told.get("mode", "managed") == "connected":
        key = _text(told.get("root-key", "mainnet"), f"root-key of {on}", where)
        raw = None if key in ("mainnet", "fetch") else _key(key, f"root-key of {on} in {where}")
        return Place(name, _text(told.get("url"), f"url of {on}", where), raw, ids, "icp")
    port = table(told.get("gateway"), f"gateway of {on}", where).get("port", _ICP_PORT)
    if not isinstance(port, int) or isinstance(port, bool) or not 0 < port < _PORTS:
        msg = f"the port of {on} is no port"
        raise SourceError(msg, where=where)
    return Place(name, f"http://127.0.0.1:{port}", None, ids, "icp")


def _refuse_other_mainnets(networks: dict[str, dict[str, Any]], on_network: dict[str, str], where: str) -> None:
    """Raise SourceError where a project says that `ic` is something else than mainnet."""
    for name in _MAINNETS:
        url = networks.get(name, {}).get("url", MAINNET)
        elsewhere = on_network.get(name, name) not in _MAINNETS
        if elsewhere or url not in _MAINNET_URLS or networks.get(name, {}).get("root-key", "mainnet") != "mainnet":
            msg = f"`{name}` is said to be another network than mainnet"
            raise SourceError(msg, where=where, hint="give it another name: who reads `ic` takes it for mainnet")


def _listed(document: dict[str, Any], key: str, where: str) -> dict[str, dict[str, Any]]:
    listed = document.get(key) or []
    if not isinstance(listed, list) or not all(
        isinstance(one, dict) and isinstance(one.get("name"), str) for one in listed
    ):
        msg = f"{key} is not a list of things with names"
        raise SourceError(msg, where=where)
    return {one["name"]: table(one, f"{key}.{one['name']}", where) for one in listed}


def _icp_ids(project: Path, environment: str) -> dict[str, str]:
    found: dict[str, str] = {}
    if "/" in environment or environment.startswith("."):
        return found  # it would lead out of the folder
    for kind in ("data", "cache"):
        path = project / ".icp" / kind / "mappings" / f"{environment}.ids.json"
        if path.is_file():
            found |= {name: one for name, one in _json(path).items() if isinstance(one, str)}
    return found


# dfx.


def local_urls(project: Path, tool: str, process: Mapping[str, str] = os.environ) -> list[str]:
    """Return where all networks are asked that a tool runs on this machine for a project. tool: `icp` or `dfx`.

    Raises SourceError: a file does not say so in the form that the tool takes.
    """
    if tool == "icp":
        from analyzer.sources.projects.icp import read_yaml  # noqa: PLC0415 - see above

        where = str(project / "icp.yaml")
        networks = _listed(read_yaml(Disk(), project / "icp.yaml"), "networks", where)
        names = [name for name, told in networks.items() if told.get("mode", "managed") == "managed"]
        places = [_on_icp(networks, name, name, {}, where) for name in dict.fromkeys((*names, "local"))]
    else:
        document, where = _json(project / "dfx.json"), str(project / "dfx.json")
        told = table(document.get("networks"), "networks", where)
        names = [name for name, one in told.items() if not table(one, f"networks.{name}", where).get("providers")]
        places = [_of_dfx(project, None, name, process) for name in dict.fromkeys((*names, "local"))]
    return [place.url for place in places if place is not None and place.url != MAINNET]


def _of_dfx(project: Path, environment: str | None, network: str | None, process: Mapping[str, str]) -> Place | None:
    name = network or environment or "local"
    where = str(project / "dfx.json")
    document = _json(project / "dfx.json")
    root = Path(process.get("DFX_CONFIG_ROOT") or process.get("HOME", "~")).expanduser()
    shared = root / ".config" / "dfx" / "networks.json"
    networks = table(_json(shared) if shared.is_file() else None, "networks", str(shared))
    networks = networks | table(document.get("networks"), "networks", where)
    ids = _dfx_ids(project, document, name, where)
    if name in _MAINNETS:
        told = table(networks.get(name), f"networks.{name}", where)
        providers = told.get("providers")
        if isinstance(providers, list) and any(one not in _MAINNET_URLS for one in map(str, providers)):
            msg = f"`{name}` is said to be another network than mainnet"
            raise SourceError(msg, where=where, hint="give it another name: who reads `ic` takes it for mainnet")
        return Place("ic", MAINNET, None, ids, "dfx")
    if name not in networks and name != "local":
        return None
    told = table(networks.get(name), f"networks.{name}", where)
    providers = told.get("providers")
    if providers:
        if not isinstance(providers, list):
            msg = f"the providers of {name} are no list of URLs"
            raise SourceError(msg, where=where)
        return Place(name, _text(providers[0], f"the provider of {name}", where), None, ids, "dfx")
    return Place(name, _url_of_bind(told.get("bind", _DFX_BIND), f"bind of {name}", where), None, ids, "dfx")


def _url_of_bind(bind: object, what: str, where: str) -> str:
    """Return where a network is asked that listens at an address: one that listens everywhere does so here too."""
    host, _, port = _text(bind, what, where).rpartition(":")
    return f"http://{ {'0.0.0.0': '127.0.0.1', '[::]': '[::1]'}.get(host, host) }:{port}"  # noqa: S104 - not bound here


def _dfx_ids(project: Path, document: dict[str, Any], network: str, where: str) -> dict[str, str]:
    found: dict[str, str] = {}
    places = [project / "canister_ids.json"]
    if "/" not in network and not network.startswith("."):
        places.insert(0, project / ".dfx" / network / "canister_ids.json")
    for path in places:
        if path.is_file():
            for name, networks in _json(path).items():
                one = networks.get(network) if isinstance(networks, dict) else None
                if isinstance(one, str):
                    found[name] = one
    for name, told in table(document.get("canisters"), "canisters", where).items():
        remote = table(table(told, f"canisters.{name}", where).get("remote"), f"canisters.{name}.remote", where)
        one = table(remote.get("id"), f"canisters.{name}.remote.id", where).get(network)
        if isinstance(one, str):
            found[name] = one
    return found


def _ids_of_url(project: Path, url: str) -> dict[str, str]:
    """Return the ids of the network of the project that is at a URL, if any is."""
    for name in ("local", "ic"):
        for find in (_of_icp, _of_dfx):
            if not (project / ("icp.yaml" if find is _of_icp else "dfx.json")).is_file():
                continue
            place = find(project, None, name, {})
            if place is not None and place.url == url.rstrip("/"):
                return place.ids
    return {}


def _text(value: object, what: str, where: str) -> str:
    if not isinstance(value, str) or not value:
        msg = f"{what} is no text"
        raise SourceError(msg, where=where)
    return value


def _key(text: str, where: str) -> bytes:

    try:
        key = bytes.fromhex(text)
        raw_key(key)
    except ValueError:
        msg = f"{where} is no root key: 133 bytes in hex"
        hint = "`icp network status --json` tells that of a local network; mainnet's is known"
        raise UsageError(msg, hint=hint) from None
    return key


def _json(path: Path) -> dict[str, Any]:
    """Return a table of JSON. Raises SourceError."""
    try:
        return table(json.loads(read_text(path)), "the file", str(path))
    except (ValueError, RecursionError) as error:
        msg = f"this is not JSON: {error}"
        raise SourceError(msg, where=str(path)) from None
