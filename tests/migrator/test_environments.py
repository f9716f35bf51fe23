"""Where canisters run: by the files of dfx and icp-cli, or by what is asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.candid.principal import Principal
from analyzer.errors import CtxError, SourceError, UsageError
from migrator.network.bls import der_key
from migrator.network.environments import MAINNET, canister_id, find_place

if TYPE_CHECKING:
    from pathlib import Path

KEY = der_key(b"\xab" * 96).hex()
_KEYS = st.sampled_from(["networks", "environments", "name", "network", "url", "providers", "bind", "canisters", "remote", "id",
                         "ic", "local", "x", "gateway", "port", "mode", "root-key", "connected"])  # fmt: skip
LEDGER, OTHER = "ryjl3-tyaaa-aaaaa-aaaba-cai", "rrkah-fqaaa-aaaaa-aaaaq-cai"
ICP = f"""
networks:
  - name: staging
    mode: connected
    url: https://staging.example
    root-key: {KEY}
  - name: here
    mode: managed
    gateway: {{ port: 9999 }}
environments:
  - name: test
    network: staging
  - name: mine
    network: here
"""
DFX = {
    "canisters": {"app": {"type": "motoko"}, "ledger": {"remote": {"id": {"ic": LEDGER}}}},
    "networks": {"beta": {"providers": ["https://beta.example"]}, "local": {"bind": "127.0.0.1:7000"}},
}


def write(folder: Path, name: str, content: object) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")


@pytest.mark.parametrize(
    ("asked", "url", "key", "ids"),
    [
        pytest.param({}, "http://127.0.0.1:8000", None, {"app": LEDGER}, id="the local network unless told otherwise"),
        pytest.param(
            {"environment": "test"},
            "https://staging.example",
            KEY,
            {"app": OTHER},
            id="an environment has ids of its own",
        ),
        pytest.param(
            {"environment": "mine"}, "http://127.0.0.1:9999", None, {}, id="a network that icp-cli runs, on its port"
        ),
        pytest.param({"environment": "ic"}, MAINNET, None, {"app": OTHER}, id="mainnet"),
        pytest.param({"network": "staging"}, "https://staging.example", KEY, {}, id="a network by name"),
        pytest.param({"network": "http://127.0.0.1:1", "root_key": KEY}, "http://127.0.0.1:1", KEY, {}, id="a URL"),
    ],
)
def test_projects_of_icp_cli(
    tmp_path: Path, asked: dict[str, Any], url: str, key: str | None, ids: dict[str, str]
) -> None:
    write(tmp_path, "icp.yaml", ICP)
    write(tmp_path, ".icp/cache/mappings/local.ids.json", {"app": LEDGER})
    write(tmp_path, ".icp/data/mappings/test.ids.json", {"app": OTHER})
    write(tmp_path, ".icp/data/mappings/ic.ids.json", {"app": OTHER})
    found = find_place(tmp_path, **asked)
    assert (found.url, found.ids) == (url, ids)
    assert found.root_key == (None if key is None else bytes.fromhex(key))


@pytest.mark.parametrize(
    ("asked", "url", "ids"),
    [
        pytest.param({}, "http://127.0.0.1:7000", {"app": OTHER}, id="the local network of the project"),
        pytest.param(
            {"network": "ic"}, MAINNET, {"app": LEDGER, "ledger": LEDGER}, id="mainnet, with remote canisters"
        ),
        pytest.param({"network": "beta"}, "https://beta.example", {}, id="a network of the project"),
        pytest.param({"network": "shared"}, "https://shared.example", {}, id="a network of the user"),
        pytest.param(
            {"network": "http://127.0.0.1:7000"}, "http://127.0.0.1:7000", {"app": OTHER}, id="the local one by its URL"
        ),
    ],
)
def test_projects_of_dfx(tmp_path: Path, asked: dict[str, Any], url: str, ids: dict[str, str]) -> None:
    write(tmp_path, "dfx.json", DFX)
    write(tmp_path, ".dfx/local/canister_ids.json", {"app": {"local": OTHER}})
    write(tmp_path, "canister_ids.json", {"app": {"ic": LEDGER}})
    write(tmp_path, "home/.config/dfx/networks.json", {"shared": {"providers": ["https://shared.example"]}})
    found = find_place(tmp_path, process={"HOME": str(tmp_path / "home")}, **asked)
    assert (found.url, found.ids) == (url, ids)


def test_without_a_project(tmp_path: Path) -> None:
    assert find_place(tmp_path, network="ic").url == MAINNET
    with pytest.raises(UsageError, match="there is no network here"):
        find_place(tmp_path)
    write(tmp_path, ".ctxcheck/replica.json", {"url": "http://127.0.0.1:5", "root_key": KEY})
    assert find_place(tmp_path).url == "http://127.0.0.1:5"


def test_which_canister_is_meant(tmp_path: Path) -> None:
    write(tmp_path, "dfx.json", DFX)
    place = find_place(tmp_path, network="ic", process={})
    assert canister_id(place, "ledger") == canister_id(place, LEDGER) == Principal.parse(LEDGER).raw
    with pytest.raises(UsageError, match="no canister of ic") as raised:
        canister_id(place, "nothing")
    assert raised.value.hint == "known there: ledger"


@pytest.mark.parametrize(
    ("files", "asked", "error", "words"),
    [
        ({"icp.yaml": "networks: 5"}, {}, SourceError, "not a list"),
        ({"icp.yaml": "a: ["}, {}, SourceError, "not YAML"),
        ({"dfx.json": "{"}, {}, SourceError, "not JSON"),
        (
            {"icp.yaml": "networks: [{name: ic, mode: connected, url: http://127.0.0.1:1}]"},
            {"environment": "ic"},
            SourceError,
            "than mainnet",
        ),
        (
            {"icp.yaml": "environments: [{name: ic, network: local}]"},
            {"environment": "ic"},
            SourceError,
            "than mainnet",
        ),
        (
            {"dfx.json": json.dumps({"networks": {"ic": {"providers": ["https://evil.example"]}}})},
            {"network": "ic"},
            SourceError,
            "than mainnet",
        ),
        ({"dfx.json": json.dumps({"networks": [1]})}, {}, SourceError, "not a table"),
        ({"dfx.json": "[" * 100_000}, {}, SourceError, "not JSON"),
        ({"icp.yaml": "[" * 100_000}, {}, SourceError, "nested"),
        ({"icp.yaml": ""}, {"environment": "nothing"}, UsageError, "no network `nothing`"),
        ({"dfx.json": "{}"}, {"network": "nothing"}, UsageError, "no network `nothing`"),
        ({}, {"environment": "a", "network": "b"}, UsageError, "an environment"),
        *[
            ({}, {"network": "http://127.0.0.1:1", "root_key": key}, UsageError, "133 bytes")
            for key in ("", "00", "x", "00" * 133, KEY + "00", KEY[:-1])
        ],
        (
            {"dfx.json": {"networks": {"ic": {"providers": [{}]}}}},
            {"network": "ic"},
            SourceError,
            "another network than mainnet",
        ),
    ],
)
def test_mistakes(
    tmp_path: Path, files: dict[str, str], asked: dict[str, Any], error: type[Exception], words: str
) -> None:
    for name, content in files.items():
        write(tmp_path, name, content)
    with pytest.raises(error, match=words):
        find_place(tmp_path, **asked, process={})


def test_ids_of_an_environment_are_not_those_of_a_network_of_its_name(tmp_path: Path) -> None:
    environments = "environments: [{name: staging, network: local}]\n"
    networks = f"networks: [{{name: staging, mode: connected, url: https://staging.example, root-key: {KEY}}}]\n"
    write(tmp_path, "icp.yaml", networks + environments)
    write(tmp_path, ".icp/data/mappings/staging.ids.json", {"app": OTHER})
    assert find_place(tmp_path, environment="staging", process={}).ids == {"app": OTHER}
    assert find_place(tmp_path, network="staging", process={}).ids == {}


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-10, 1 << 70)
    | st.floats()
    | st.sampled_from(["", "ic", "local", "x", LEDGER]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.parametrize("file", ["icp.yaml", "dfx.json", "canister_ids.json", ".icp/data/mappings/local.ids.json"])
@pytest.mark.parametrize(
    "asked", [{}, {"network": "ic"}, {"environment": "x"}, {"network": "http://127.0.0.1:4943"}], ids=str
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(value=VALUES)
def test_whatever_stands_in_a_project_file(tmp_path: Path, file: str, asked: dict[str, str], value: object) -> None:
    write(tmp_path, "dfx.json", {})
    write(tmp_path, file, json.dumps(value))
    try:
        place = find_place(tmp_path, **asked, process={})
        for name in place.ids:
            canister_id(place, name)
    except CtxError:
        return
    if asked == {"network": "ic"}:
        assert (place.url, place.root_key) == (MAINNET, None)
