"""Compile the versions of the Context Registry: `make fixtures`.

What stands beside each source follows from it: the stable signature, the Candid interface and the module. A digest of
the sources, the flags and the compiler says whether it still does.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from tests.oracles.oracle import FOLDER as ORACLES
from tests.shared import ROOT

REGISTRY = ROOT / "fixtures" / "context_registry"
NAME = "context_registry"
DIGESTS = REGISTRY / "built.json"
SECONDS = 120  # for one version; seven to twelve are measured
# As dfx has a Motoko canister compiled: anyone may ask for the interface, only controllers for the stable signature.
FLAGS = ("--public-metadata", "candid:service", "--public-metadata", "candid:args")


def versions() -> dict[str, dict[str, Any]]:
    """Return the versions of `versions.toml` by name."""
    document = tomllib.loads((REGISTRY / "versions.toml").read_text("utf-8"))
    return {name: entry for name, entry in document.items() if isinstance(entry, dict)}


def flags(name: str) -> list[str]:
    """Return the compiler's flags for a version."""
    return [*FLAGS, *versions()[name].get("flags", ())]


def digest(name: str) -> str:
    """Return the digest of everything that a version's compiled files follow from."""
    sha = hashlib.sha256()
    packages = json.loads((ORACLES / "package.json").read_text("utf-8"))["dependencies"]
    parts = [packages["motoko"], *flags(name)]
    folder = REGISTRY / name
    for path in sorted(folder.rglob("*.mo")):
        parts += [path.relative_to(folder).as_posix(), path.read_text("utf-8")]
    for part in parts:
        data = part.encode()
        sha.update(b"%d:" % len(data) + data)
    return sha.hexdigest()


def compiled(name: str) -> tuple[dict[str, bytes], list[str]]:
    """Return the compiled files of a version by their names, and the codes of the compiler's warnings."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / NAME
        done = subprocess.run(
            ["node", "stable.mjs", "--compile", REGISTRY / name / "main.mo", out, *flags(name)],
            cwd=ORACLES,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
        if done.returncode:
            msg = f"{name} does not compile: {done.stderr}"
            raise RuntimeError(msg)
        files = {f"{NAME}.{kind}": (Path(folder) / f"{NAME}.{kind}").read_bytes() for kind in ("did", "most", "wasm")}
    module = files.pop(f"{NAME}.wasm")
    # Without a time in it, so that the same module is the same file.
    files[f"{NAME}.wasm.gz"] = gzip.compress(module, compresslevel=9, mtime=0)
    return files, json.loads(done.stdout)["warnings"]


def main() -> None:
    """Compile what is not compiled yet, and say so."""
    built = json.loads(DIGESTS.read_text("utf-8")) if DIGESTS.exists() else {}
    for name in versions():
        if built.get(name) == digest(name):
            continue
        files, warnings = compiled(name)
        if warnings != versions()[name].get("warnings", []):
            msg = f"{name} is compiled with the warnings {warnings}: versions.toml says otherwise"
            raise RuntimeError(msg)
        for file, data in files.items():
            (REGISTRY / name / file).write_bytes(data)
        built[name] = digest(name)
        # After each, so that a run that is stopped goes on where it was.
        DIGESTS.write_text(
            json.dumps({known: built[known] for known in versions() if known in built}, indent=1) + "\n", "utf-8"
        )
        size = len(files[f"{NAME}.wasm.gz"])
        sys.stdout.write(f"{name}: {size:,} bytes compressed {' '.join(warnings)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
