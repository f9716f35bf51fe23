"""The process of a rehearsal: a job comes in, what was found goes out, and then it ends."""

from __future__ import annotations

import json
import os
import resource
import sys

_FILE = 16 << 30  # bytes of a file that it may write: the memories of canisters are in one


def main() -> None:
    """Read a job from standard input and write what was found to the pipe that was standard output."""
    pipe = os.dup(1)
    os.dup2(2, 1)  # what anything else prints is no answer
    told = json.loads(sys.stdin.buffer.read())
    _limit(told["cpu"], told["memory"])
    from analyzer.errors import CtxError  # noqa: PLC0415 - under the limits
    from migrator.plan.form import canonical, from_json, to_json  # noqa: PLC0415
    from migrator.rehearsal.model import Job, nothing  # noqa: PLC0415
    from migrator.rehearsal.trial import run  # noqa: PLC0415

    try:
        found = run(from_json(Job, told["job"], "job"))
    except CtxError as error:
        found = nothing("undecided", str(error))
    except MemoryError:
        found = nothing("undecided", "the rehearsal was given too little memory")
    with os.fdopen(pipe, "wb") as answer:
        answer.write(canonical(to_json(found)))
    os._exit(0)  # nothing of the trial is worth to be put in order


def _limit(cpu: int, memory: int) -> None:
    """Set limits that nothing in here can raise again. cpu: seconds. memory: bytes that may be written to."""
    # wasmtime reserves addresses without using them, so addresses tell nothing: what may be written is counted.
    for kind, most in (
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_FSIZE, _FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
