"""`ctxcheck replica`: a network as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from replica import Replica
from replica.note import Place
from tests.command.process import run
from tests.replica.gateway.sender import ask
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLACE = ".ctxcheck/replica.json"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    run(tmp_path, "replica", "stop")


def start(folder: Path, *options: str) -> dict[str, Any]:
    done = run(folder, "replica", "start", "--background", *options)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_start_status_stop(folder: Path) -> None:
    told = start(folder)
    assert json.loads(run(folder, "replica", "status").stdout) == told
    status = ask(told["url"], "GET", "/api/v2/status")
    assert status.status == 200
    assert status.fields()["root_key"].hex() == told["root_key"]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder / ".ctxcheck").iterdir()}
    assert modes.pop(".gitignore") & 0o600
    assert set(modes.values()) == {0o600}
    done = run(folder, "replica", "stop")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = run(folder, "replica", "status")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "no network runs here: `ctxcheck replica start`\n"
    assert run(folder, "replica", "stop").returncode == 0


def test_one_network_in_a_place(folder: Path) -> None:
    first = start(folder)
    done = run(folder, "replica", "start")
    assert done.returncode == 7
    assert "a network runs here already" in done.stderr
    assert "`ctxcheck replica stop` ends it" in done.stderr
    second = start(folder, "--ready-file", "other.json")
    assert second["url"] != first["url"]
    assert json.loads((folder / "other.json").read_text("utf-8")) == second
    assert run(folder, "replica", "stop", "--ready-file", "other.json").returncode == 0
    assert not (folder / "other.json").exists()


def test_its_state_is_there_again_with_the_same_keys(folder: Path) -> None:
    first = start(folder, "--state", "network")
    assert first["state"] == str(folder / "network")
    done = run(folder, "replica", "start", "--state", "network", "--ready-file", "other.json")
    assert done.returncode == 3
    assert "another process uses this folder" in done.stderr
    run(folder, "replica", "stop")
    assert start(folder, "--state", "network")["root_key"] == first["root_key"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly(folder: Path, how: signal.Signals) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "ctxcheck", "replica", "start", "--state", "network"]
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    assert told["pid"] == process.pid
    process.send_signal(how)
    assert process.communicate(timeout=20)[1] == b""
    assert process.returncode == 0
    assert not (folder / PLACE).exists()
    Replica(state=folder / "network").close()


def test_a_network_that_was_killed_is_not_running(folder: Path) -> None:
    told = start(folder)
    os.kill(told["pid"], signal.SIGKILL)
    until = time.monotonic() + 10
    while Place(folder / PLACE).is_held() and time.monotonic() < until:
        time.sleep(0.05)
    assert (folder / PLACE).exists()
    assert run(folder, "replica", "status").returncode == 1
    assert start(folder)["pid"] != told["pid"]


def test_mistakes(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        table = [
            (("--port", str(port)), 2, f"port {port} of 127.0.0.1 cannot be used: Address already in use"),
            (("--port", "99999"), 2, "99999 is not in the range"),
            (("--host", "0.0.0.0"), 2, "whoever reaches the network controls it"),  # noqa: S104 - refused
            (("--host", "localhost"), 2, "`localhost` is not an IP address"),
            (("--state", "file"), 2, "is a file"),
        ]
        (folder / "file").write_text("", "utf-8")
        for options, code, what in table:
            for behind in ((), ("--background",)):
                done = run(folder, "replica", "start", *options, *behind)
                assert (done.returncode, done.stdout) == (code, "")
                assert what in done.stderr
                assert "Traceback" not in done.stderr


def test_damaged_state_is_refused(folder: Path) -> None:
    state = folder / "network"
    state.mkdir()
    (state / "network.log").write_bytes(b"something else")
    done = run(folder, "replica", "start", "--state", "network")
    assert done.returncode == 3
    assert "this is not the state of a network" in done.stderr
    assert "put a copy of the folder back" in done.stderr
