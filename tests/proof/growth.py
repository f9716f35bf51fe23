"""How the time of a comparison grows with the size of what is compared."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

from analyzer import compare_candid, compare_stable
from tests.memory import peak

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZES = (1000, 2000, 5000, 10_000, 20_000)
CHAINS = (1000, 2000, 5000)


def _candid_wide(size: int) -> tuple[str, str]:
    types = "".join(f"type T{i} = record {{ id : nat; name : text; next : opt T{i // 2} }};\n" for i in range(size))
    methods = "".join(f"  m{i} : (T{i}) -> (T{i}) query;\n" for i in range(size))
    old = f"{types}service : {{\n{methods}}}\n"
    return old, old.replace("type T7 = record { id : nat;", "type T7 = record { id : nat64;")


def _candid_chain(size: int) -> tuple[str, str]:
    types = "".join(f"type T{i} = record {{ id : nat; inner : T{i + 1} }};\n" for i in range(size))
    old = f"{types}type T{size} = nat;\nservice : {{ m : (T0) -> (T0) query }}\n"
    return old, old.replace(f"type T{size} = nat", f"type T{size} = text")


def _stable_wide(size: int) -> tuple[str, str]:
    types = "".join(f"type T{i} = {{id : Nat; name : Text; next : ?T{i // 2}}};\n" for i in range(size))
    variables = "".join(f"  stable var v{i} : T{i};\n" for i in range(size))
    old = f"{types}actor {{\n{variables}}};\n"
    return old, old.replace("type T7 = {id : Nat;", "type T7 = {id : Nat64;")


def _stable_chain(size: int) -> tuple[str, str]:
    types = "".join(f"type T{i} = {{id : Nat; inner : T{i + 1}}};\n" for i in range(size))
    old = f"{types}type T{size} = Nat;\nactor {{stable var v : T0}};\n"
    return old, old.replace(f"type T{size} = Nat", f"type T{size} = Text")


Shape = tuple["Callable[[int], tuple[str, str]]", "Callable[[str, str], object]", tuple[int, ...]]
SHAPES: dict[str, Shape] = {
    "candid: N types and N methods, one type changed": (_candid_wide, compare_candid, SIZES),
    "candid: a chain of N names, the end changed": (_candid_chain, compare_candid, CHAINS),
    "stable: N types and N variables, one type changed": (_stable_wide, compare_stable, SIZES),
    "stable: a chain of N names, the end changed": (_stable_chain, compare_stable, CHAINS),
}


def lines() -> Iterator[str]:
    """Yield a line for each size: seconds, per thousand, and the memory of a process that does nothing else."""
    for name, (_, _, sizes) in SHAPES.items():
        yield name
        for size in sizes:
            done = subprocess.run(
                [sys.executable, "-m", "tests.proof.growth", name, str(size)],
                capture_output=True,
                encoding="utf-8",
                timeout=600,
                check=True,
            )
            seconds, megabytes = done.stdout.split()
            yield (
                f"  N = {size:>6,}  {float(seconds):7.2f} s  {float(seconds) * 1e6 / size:7.0f} us each  {megabytes:>4} MB"
            )


def _measure(name: str, size: int) -> None:
    make, compare, _ = SHAPES[name]
    old, new = make(size)
    compare(*make(2))  # loads the tables
    started = time.perf_counter()
    compare(old, new)
    taken = time.perf_counter() - started
    print(f"{taken:.3f} {peak()}")


if __name__ == "__main__":
    _measure(sys.argv[1], int(sys.argv[2]))
