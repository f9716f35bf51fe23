"""A project of icp-cli whose canister runs on a network of this process, with a key that controls it."""

from __future__ import annotations

import gzip
import json
import subprocess
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from migrator.network.identity import from_pem
from replica.api import ANONYMOUS
from tests.command.process import run
from tests.replica import registry

if TYPE_CHECKING:
    from pathlib import Path

    from replica import Replica
    from replica.http.serve import Server

NAME = "context_registry"


class Project:
    """A folder with an icp.yaml, a commit, and a canister that has records."""

    def __init__(self, folder: Path, ic: Replica, server: Server, version: str = registry.FIRST) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.ic, self.server = folder, ic, server
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.key = from_pem(pem, "a test")
        self.canister = ic.create(controllers=[ANONYMOUS, self.key.sender])
        ic.install(self.canister, registry.module(version))
        if version == registry.FIRST:
            registry.fill(ic, self.canister)
        root = server.root_key.hex()
        self.write("icp.yaml", f"networks:\n  - name: test\n    mode: connected\n    url: {server.url}\n    root-key: {root}\n"
                   "environments:\n  - name: test\n    network: test\n"
                   f"canisters:\n  - name: {NAME}\n    build:\n      steps:\n        - type: pre-built\n          path: new.wasm\n")  # fmt: skip
        self.write(".icp/data/mappings/test.ids.json", json.dumps({NAME: self.canister}))
        self.write(".gitignore", ".ctxcheck\nbackups\nnew.wasm\nhome\n.icp\n")
        (folder / "home").mkdir(parents=True)
        key = folder / "home" / "key.pem"
        key.touch(0o600)
        key.write_bytes(pem)
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-qm", "First")

    def git(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=self.folder, check=True, capture_output=True, encoding="utf-8"
        ).stdout

    def write(self, name: str, content: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(content, "utf-8")

    def module(self, version: str) -> str:
        """Write the module of a version, and return its file's name."""
        path = self.folder / f"{version}.wasm"
        path.write_bytes(gzip.decompress(registry.module(version)))
        return path.name

    def __call__(
        self, *arguments: str, code: int | None = 0, identity: bool = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        key = ("-e", "test", "--identity-file", "home/key.pem") if identity else ()
        done = run(self.folder, *arguments, *key, HOME=str(self.folder / "home"), **environment)
        assert code is None or done.returncode == code, f"{done.returncode}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    def records(self) -> dict[str, list[Any] | str]:
        return registry.records(self.ic, self.canister)

    def status(self) -> str:
        return str(self.ic.status(self.canister)) if hasattr(self.ic, "status") else ""

    @property
    def runs(self) -> list[Path]:
        return sorted((self.folder / ".ctxcheck" / "runs").glob("*"))
