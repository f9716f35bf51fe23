"""Compile the programs whose memory tests look into: `python -m tests.heap.build`.

The compiled files stand beside each source, so that tests need no compiler; a digest says whether they still fit.
`graph/optimised.wasm.gz` is what `wasm-opt -O3 --enable-memory64 --enable-bulk-memory --enable-multivalue
--enable-sign-ext --enable-mutable-globals --enable-nontrapping-float-to-int` (npm binaryen) made of its module.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.oracles.oracle import FOLDER as ORACLES
from tests.shared import ROOT

PROGRAMS = ROOT / "tests" / "heap" / "programs"
DIGESTS = PROGRAMS / "built.json"
SECONDS = 120  # for one program; two to six are measured


def digest(name: str) -> str:
    """Return the digest of what the compiled files of a program follow from."""
    compiler = json.loads((ORACLES / "package.json").read_text("utf-8"))["dependencies"]["motoko"]
    return hashlib.sha256(f"{compiler}\n{(PROGRAMS / name / 'main.mo').read_text('utf-8')}".encode()).hexdigest()


def compile_program(name: str) -> None:
    """Write the module, the signature and the interface of a program beside its source."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "program"
        command = ["node", "stable.mjs", "--compile", str(PROGRAMS / name / "main.mo"), str(out)]
        subprocess.run(command, cwd=ORACLES, check=True, timeout=SECONDS, stdout=subprocess.DEVNULL)
        for kind in ("did", "most"):
            (PROGRAMS / name / f"program.{kind}").write_bytes(out.with_suffix(f".{kind}").read_bytes())
        module = gzip.compress(out.with_suffix(".wasm").read_bytes(), compresslevel=9, mtime=0)
        (PROGRAMS / name / "program.wasm.gz").write_bytes(module)


def main() -> None:
    """Compile what is not compiled yet, and say so."""
    built = json.loads(DIGESTS.read_text("utf-8")) if DIGESTS.exists() else {}
    for path in sorted(PROGRAMS.iterdir()):
        if path.is_dir() and built.get(path.name) != digest(path.name):
            compile_program(path.name)
            built[path.name] = digest(path.name)
            DIGESTS.write_text(json.dumps(built, indent=1, sort_keys=True) + "\n", "utf-8")
            sys.stdout.write(f"{path.name}: compiled\n")


if __name__ == "__main__":
    main()
