"""Compiled modules as a source: what their sections show, and that no bytes do harm."""

from __future__ import annotations

import gzip
import random
import zlib
from contextlib import suppress

import pytest

from analyzer.errors import ParseError, SourceError
from analyzer.interface import Interface
from analyzer.model import Surface
from analyzer.sources.module import read_interface
from analyzer.sources.paths import read_versions
from analyzer.sources.wasm import MAX_MODULE, read_module
from tests.command.process import run
from tests.shared import ROOT

REGISTRY = ROOT / "fixtures" / "context_registry"
HEADER = b"\0asm\1\0\0\0"


def leb(number: int) -> bytes:
    out = bytearray()
    while True:
        number, byte = number >> 7, number & 0x7F
        out.append(byte | (0x80 if number else 0))
        if not number:
            return bytes(out)


def section(name: str, content: bytes) -> bytes:
    body = leb(len(name.encode())) + name.encode() + content
    return b"\0" + leb(len(body)) + body


DID, MOST = b"service : { m : () -> (nat) }", b"actor {stable x : Nat};"
MODULE = HEADER + section("icp:public candid:service", DID) + section("icp:private motoko:stable-types", MOST)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["as it is", "compressed"])
def test_what_a_module_says(pack: type[bytes]) -> None:
    module = read_module(pack(MODULE), "m.wasm")
    assert module.metadata == {"candid:service": DID, "motoko:stable-types": MOST}


def test_an_interface_from_a_module() -> None:
    interface = Interface("c")
    marker = section("icp:private enhanced-orthogonal-persistence", b"64-bit")
    compiler = section("icp:public motoko:compiler", b"1.2\x1b[31m")
    read_interface(interface, MODULE + marker + compiler, "m.wasm", set(Surface))
    assert (interface.persistence, interface.compiler) == ("eop", "1.2[31m")
    assert interface.candid is not None
    assert interface.stable is not None
    assert [p.kind for p in interface.provenance.values()] == ["wasm", "wasm"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"", "not a WebAssembly module", id="nothing"),
        pytest.param(b"\x7fELF", "not a WebAssembly module", id="another binary"),
        pytest.param(HEADER + b"\0", "a size is cut off", id="a section without a size"),
        pytest.param(HEADER + b"\0" + b"\xff" * 9, "a size is cut off", id="a size without an end"),
        pytest.param(HEADER + b"\0\xff\xff\xff\xff\x0f", "behind the end", id="a section larger than the file"),
        pytest.param(HEADER + b"\0\x02\x7fa", "longer than the section", id="a name larger than its section"),
        pytest.param(HEADER + b"\1\0" * 20_000, "more than 10,000 sections", id="very many sections"),
        pytest.param(gzip.compress(MODULE)[:-9], "cut off", id="compressed and cut off"),
        pytest.param(b"\x1f\x8b" + b"x" * 40, "cannot be uncompressed", id="not really compressed"),
    ],
)
def test_a_damaged_module_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(SourceError, match=says) as caught:
        read_module(data, "m.wasm")
    assert caught.value.where == "m.wasm"


def test_a_bomb_is_refused() -> None:
    packer = zlib.compressobj(9, wbits=31)
    data = b"".join(packer.compress(bytes(1 << 20)) for _ in range((MAX_MODULE >> 20) + 1)) + packer.flush()
    assert len(data) < 1 << 20
    with pytest.raises(SourceError, match="too large"):
        read_module(data, "bomb.wasm.gz")


@pytest.mark.parametrize("seed", range(300))
def test_no_damage_is_more_than_an_error(seed: int) -> None:
    rng = random.Random(seed)
    data = bytearray(MODULE)
    for _ in range(rng.randint(1, 6)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    with suppress(SourceError, ParseError):
        read_interface(Interface("c"), bytes(data), "m.wasm", set(Surface))


def test_a_module_and_the_texts_beside_it_say_the_same() -> None:
    for version in ("v01_first", "v03_optional_field"):
        module = str(REGISTRY / version / "context_registry.wasm.gz")
        for suffix in (".did", ".most"):
            text = str(REGISTRY / version / f"context_registry{suffix}")
            (pair,) = read_versions(module, text)
            assert pair.old is not None
            assert pair.new is not None
            assert (pair.old.candid is None) == (pair.new.candid is None)
            done = run(REGISTRY, "diff", module, text)
            assert (done.returncode, done.stdout.splitlines()[0]) == (0, "✓ no changes")


def test_two_modules_show_both_surfaces() -> None:
    done = run(REGISTRY, "diff", *(f"{v}/context_registry.wasm.gz" for v in ("v01_first", "v03_optional_field")))
    assert done.returncode == 1
    assert "S201" in done.stdout
    assert "C202" in done.stdout
    assert "(motoko:stable-types):" in done.stdout
