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

if TYPE_CHECKING:
    from collections.abc import Mapping

MAINNET = "https://icp-api.io"
_ICP_PORT, _DFX_BIND = 8000, "127.0.0.1:4943"
_MAINNETS = ("ic", "mainnet")


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
    import yaml  # noqa: PLC0415 - only for projects of icp-cli

    where = str(project / "icp.yaml")
    try:
        document = yaml.safe_load((project / "icp.yaml").read_text("utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        msg = f"this cannot be read: {error}"
        raise SourceError(msg, where=where) from None
    networks = {one["name"]: one for one in _listed(document, "networks", where)}
    environments = {one["name"]: one for one in _listed(document, "environments", where)}
    name = environment or network or "local"
    if environment is not None or network is None:
        known = environments.get(name, {"network": name} if name in ("local", "ic") else None)
        if known is None:
            return None
        on = str(known.get("network", name))
    else:
        on = name
    if on in _MAINNETS and on not in networks:
        return Place(name, MAINNET, None, _icp_ids(project, name), "icp")
    told = networks.get(on, {"mode": "managed"} if on == "local" else None)
    if told is None:
        return None
    if told.get("mode", "managed") == "connected":
        key = told.get("root-key", "mainnet")
        key = None if key in ("mainnet", "fetch") else _key(str(key), f"root-key of {on} in {where}")
        return Place(name, str(told.get("url")), key, _icp_ids(project, name), "icp")
    port = told.get("gateway", {}).get("port", _ICP_PORT) if isinstance(told.get("gateway"), dict) else _ICP_PORT
    return Place(name, f"http://127.0.0.1:{port}", None, _icp_ids(project, name), "icp")


def _listed(document: Any, key: str, where: str) -> list[dict[str, Any]]:  # noqa: ANN401 - of YAML
    listed = document.get(key) or [] if isinstance(document, dict) else []
    if not isinstance(listed, list) or not all(
        isinstance(one, dict) and isinstance(one.get("name"), str) for one in listed
    ):
        msg = f"{key} is not a list of things with names"
        raise SourceError(msg, where=where)
    return listed


def _icp_ids(project: Path, environment: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for kind in ("data", "cache"):
        path = project / ".icp" / kind / "mappings" / f"{environment}.ids.json"
        if path.is_file():
            found |= {name: one for name, one in _json(path).items() if isinstance(one, str)}
    return found


# dfx.


def _of_dfx(project: Path, environment: str | None, network: str | None, process: Mapping[str, str]) -> Place | None:
    name = network or environment or "local"
    document = _json(project / "dfx.json")
    root = Path(process.get("DFX_CONFIG_ROOT") or process.get("HOME", "~")).expanduser()
    shared = root / ".config" / "dfx" / "networks.json"
    networks = _json(shared) if shared.is_file() else {}
    networks |= document.get("networks") or {}
    ids = _dfx_ids(project, document, name)
    if name in _MAINNETS:
        return Place("ic", MAINNET, None, ids, "dfx")
    told = networks.get(name, {"bind": _DFX_BIND} if name == "local" else None)
    if not isinstance(told, dict):
        return None
    providers = told.get("providers")
    if isinstance(providers, list) and providers:
        return Place(name, str(providers[0]), None, ids, "dfx")
    return Place(name, f"http://{told.get('bind', _DFX_BIND)}", None, ids, "dfx")


def _dfx_ids(project: Path, document: dict[str, Any], network: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in (project / ".dfx" / network / "canister_ids.json", project / "canister_ids.json"):
        if path.is_file():
            for name, networks in _json(path).items():
                one = networks.get(network) if isinstance(networks, dict) else None
                if isinstance(one, str):
                    found[name] = one
    canisters = document.get("canisters")
    for name, told in canisters.items() if isinstance(canisters, dict) else ():
        remote = (told.get("remote") or {}).get("id", {}) if isinstance(told, dict) else {}
        if isinstance(remote, dict) and isinstance(remote.get(network), str):
            found[name] = remote[network]
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


def _key(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 133:  # noqa: PLR2004 - bytes of a BLS key in DER
        msg = f"{where} is no root key: 133 bytes in hex"
        raise UsageError(msg)
    return key


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        msg = f"this cannot be read: {error}"
        raise SourceError(msg, where=str(path)) from None
    return found if isinstance(found, dict) else {}
