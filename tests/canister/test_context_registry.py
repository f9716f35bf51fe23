"""The Context Registry in versions: what the checkers answer about each upgrade, and that the files follow the sources."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from analyzer import compare_candid, compare_stable
from analyzer.candid.parse import parse_candid
from tests.canister.build import DIGESTS, NAME, REGISTRY, compiled, digest, versions
from tests.oracles.needed import ask_skip_or_fail
from tests.oracles.oracle import candid_statuses, stable_answers

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSIONS = versions()
UPGRADES = [name for name, entry in VERSIONS.items() if "upgrades" in entry]


def text(name: str, kind: str) -> str:
    return (REGISTRY / name / f"{NAME}.{kind}").read_text("utf-8")


def pair(name: str, kind: str) -> tuple[str, str]:
    return text(VERSIONS[name]["upgrades"], kind), text(name, kind)


@pytest.mark.parametrize("name", UPGRADES)
def test_what_is_answered(name: str) -> None:
    expected = VERSIONS[name]
    stable = compare_stable(*pair(name, "most"))
    assert (stable.compatible, stable.codes) == (not expected["stable"], expected["stable"])
    for profile in ("didc", "dfx"):
        assert compare_candid(*pair(name, "did"), profile=profile).compatible is expected[profile]


def test_what_the_official_checkers_answer() -> None:
    ask_skip_or_fail()
    answers = stable_answers([pair(name, "most") for name in UPGRADES])
    assert [sorted(answer.codes) for answer in answers] == [VERSIONS[name]["stable"] for name in UPGRADES]
    statuses = candid_statuses([pair(name, "did") for name in UPGRADES])
    assert [status == "compatible" for status in statuses] == [VERSIONS[name]["didc"] for name in UPGRADES]


@pytest.mark.parametrize("name", VERSIONS)
def test_the_compiled_files_follow_the_source(name: str) -> None:
    built = json.loads(DIGESTS.read_text("utf-8"))
    assert built[name] == digest(name), "`make fixtures` compiles it"


# Two of them, so that CI stays short: one whose compiler warns, and one with a chain.
@pytest.mark.parametrize("name", ["v13_drops_data", "v12_chain_continued"])
def test_the_compiler_writes_these_files(name: str) -> None:
    ask_skip_or_fail()
    files, warnings = compiled(name)
    assert warnings == VERSIONS[name].get("warnings", [])
    for file, data in files.items():
        here = (REGISTRY / name / file).read_bytes()
        # How gzip packs the same bytes is the library's own.
        if file.endswith(".gz"):
            here, data = gzip.decompress(here), gzip.decompress(data)  # noqa: PLW2901
        assert here == data, file


@pytest.mark.parametrize("name", VERSIONS)
def test_the_module_says_what_it_is(name: str) -> None:
    module = gzip.decompress((REGISTRY / name / f"{NAME}.wasm.gz").read_bytes())
    sections = dict(custom_sections(module))
    assert sections["icp:private motoko:stable-types"].decode() == text(name, "most")
    assert sections["icp:public candid:service"].decode().strip() == text(name, "did").strip()
    assert sections["icp:public candid:args"] == b"()"
    assert sections["icp:private motoko:compiler"]
    assert sections["icp:private enhanced-orthogonal-persistence"] == b"64-bit, layout version 1"


def custom_sections(module: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each custom section: WebAssembly core specification, "Binary Format", modules."""
    at = 8
    while at < len(module):
        kind = module[at]
        size, at = leb128(module, at + 1)
        end = at + size
        if kind == 0:
            length, at = leb128(module, at)
            yield module[at : at + length].decode(), module[at + length : end]
        at = end


def leb128(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def test_the_registry_is_the_guides() -> None:
    interface = parse_candid(text("v01_first", "did"))
    methods = set(interface.table.labels[interface.service])
    assert len(methods) >= 30
    assert {"listSeasons", "listNameRecords", "listFileReferences", "getCurrentTime"} <= methods
    assert {f"restore{kind}" for kind in ("Seasons", "NameRecords", "FileReferences", "UserProfiles")} <= methods
    assert {"listSeasonsPage", "fill", "getTicks"} <= methods
