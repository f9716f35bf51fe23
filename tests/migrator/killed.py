"""A run in a process of its own, which ends by SIGKILL at a point: see `tests.migrator.killing`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from migrator.network.agent import Agent, fetch_root_key
from migrator.network.identity import from_pem
from migrator.network.operations import NetworkOperations
from migrator.network.transport import Transport
from migrator.orchestrator import MigrationOrchestrator
from migrator.plan.file import read_plan
from tests.migrator.killing import Points, counted


def main(url: str, folder: str, plan: str, key: str, point: str) -> None:
    """Run a plan until a point."""
    transport = Transport(url)
    agent = Agent(transport, from_pem(Path(key).read_bytes(), "a test"), fetch_root_key(transport))
    orchestrator = MigrationOrchestrator(read_plan(Path(plan)), NetworkOperations(agent), Path(folder))
    with counted(Points(int(point), lambda: os.kill(os.getpid(), signal.SIGKILL))):
        orchestrator.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
