"""Run a proof: `python -m tests.proof agreement --count 20000`, `python -m tests.proof speed`."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from tests.oracles.oracle import OracleError, missing
from tests.proof import gate
from tests.proof.agreement import SHRUNK, SURFACES, Tally, check
from tests.proof.speed import lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    proofs = parser.add_subparsers(dest="proof", required=True)
    agreement = proofs.add_parser("agreement", help="compare with the official checkers")
    agreement.add_argument("--count", type=int, default=20_000, help="pairs in all (default: %(default)s)")
    agreement.add_argument("--seed", type=int, default=1, help="another seed, other pairs (default: %(default)s)")
    agreement.add_argument(
        "--surface", choices=(*SURFACES, "both"), default="both", help="default: half of the pairs each"
    )
    values = proofs.add_parser("values", help="exchange random messages with didc and agent-js")
    values.add_argument("--count", type=int, default=5000, help="messages (default: %(default)s)")
    values.add_argument("--seed", type=int, default=1, help="another seed, other messages (default: %(default)s)")
    programs = proofs.add_parser("programs", help="compile random programs, and read them without a compiler")
    programs.add_argument("--count", type=int, default=300, help="programs, a second each (default: %(default)s)")
    programs.add_argument("--seed", type=int, default=1, help="another seed, other programs (default: %(default)s)")
    migrations = proofs.add_parser("suggestions", help="compile the migrations that are suggested for random pairs")
    migrations.add_argument("--count", type=int, default=500, help="pairs, two seconds each (default: %(default)s)")
    migrations.add_argument("--seed", type=int, default=1, help="another seed, other pairs (default: %(default)s)")
    kills = proofs.add_parser("kills", help="kill a network at random moments, and count what is left")
    kills.add_argument("--count", type=int, default=200, help="kills, a second each (default: %(default)s)")
    kills.add_argument("--seed", type=int, default=1, help="another seed, other moments (default: %(default)s)")
    cut = proofs.add_parser("runs", help="cut runs off at every point there is, and go on with them")
    cut.add_argument("--count", type=int, help="points of each kind of run (default: all, a second each)")
    cut.add_argument("--in-place", action="store_true", help="in this process, instead of by SIGKILL")
    proofs.add_parser("migration", help="measure migrations")
    proofs.add_parser("picture", help="draw the demo as docs/demo.svg")
    proofs.add_parser("speed", help="measure how long comparisons take")
    proofs.add_parser("gate", help="measure how long a check of a repository takes")
    proofs.add_parser("replica", help="measure the embedded network")
    proofs.add_parser("backups", help="measure backups beside icp-cli")
    state = proofs.add_parser("state", help="measure how fast stable variables are read from a memory")
    state.add_argument("--rows", type=int, nargs="*", help="rows to keep (default: about 1, 10 and 100 MB)")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Return the exit status: 0 all holds, 1 it does not or too little was answered, 2 nothing could be asked."""
    options = _parser().parse_args(arguments)
    if options.proof in _MEASURED:
        for line in _MEASURED[options.proof](options):
            print(line, flush=True)
        return 0
    if options.proof == "speed":
        broken: list[str] = []
        for line in lines(broken):
            print(line, flush=True)
        return 1 if broken else 0
    if options.proof == "picture":
        from tests.proof.picture import draw

        draw()
        return 0
    if options.proof == "runs":
        from tests.proof import runs

        wrong: list[str] = []
        for line in runs.lines(options.count, by_signal=not options.in_place, broken=wrong):
            print(line, flush=True)
        return 1 if wrong else 0
    if options.proof == "kills":
        return _kills(options.count, options.seed)
    reason = missing()
    if reason:
        print(f"cannot ask the official checkers: {reason}", file=sys.stderr)
        return 2
    if options.proof == "values":
        return _values(options.count, options.seed)
    if options.proof == "suggestions":
        return _suggestions(options.count, options.seed)
    if options.proof == "programs":
        return _programs(options.count, options.seed)
    names = list(SURFACES) if options.surface == "both" else [options.surface]
    print(f"seed {options.seed}, {options.count} pairs, {' and '.join(names)}", flush=True)
    try:
        tally = _agreement(names, options.count, options.seed)
    except OracleError as error:
        print(f"the official checker failed: {error}", file=sys.stderr)
        return 2
    for found in tally.disagreements[:SHRUNK]:
        print(f"\n{found}")
    print(tally)
    if not tally.disagreements and not tally.proven:
        print("too many pairs were not answered to call this a proof")
    return 0 if tally.proven else 1


def _replica(_options: argparse.Namespace) -> Iterator[str]:
    from tests.proof import replica

    return replica.lines()


def _migration(_options: argparse.Namespace) -> Iterator[str]:
    from tests.proof import migration

    return migration.lines()


def _backups(_options: argparse.Namespace) -> Iterator[str]:
    from tests.proof import backups

    return backups.lines()


def _state(options: argparse.Namespace) -> Iterator[str]:
    from tests.proof import state

    return state.lines(tuple(options.rows or state.ROWS))


_MEASURED: dict[str, Callable[[argparse.Namespace], Iterator[str]]] = {
    "gate": lambda _: gate.lines(),
    "replica": _replica,
    "backups": _backups,
    "migration": _migration,
    "state": _state,
}


def _kills(count: int, seed: int) -> int:
    from tests.proof.kills import Tally, kill

    tally = Tally()
    for tally in kill(count, seed):
        _progress(str(tally), last=tally.kills == count)
    for wrong in tally.wrong[:SHRUNK]:
        print(wrong)
    print(tally)
    return 1 if tally.wrong else 0


def _suggestions(count: int, seed: int) -> int:
    from tests.proof.suggestions import lines as told

    wrong: list[str] = []
    for line in told(count, seed, wrong):
        print(line, flush=True)
    for one in wrong[:SHRUNK]:
        print(f"\n{one}")
    return 1 if wrong else 0


def _values(count: int, seed: int) -> int:
    from tests.candid.values.exchange import exchange

    made, refused, found = exchange(seed, count)
    for one, who, what in found[:SHRUNK]:
        print(f"\n{who}: {what}\n{one.message.hex()}")
    print(f"{made} messages, {refused} of them refused by their reader: {len(found)} differences")
    return 1 if found else 0


def _programs(count: int, seed: int) -> int:
    from tests.proof.programs import tell

    answers, wrong = tell(seed, count)
    for files in wrong[:SHRUNK]:
        print(f"\n{files}")
    print(
        f"seed {seed}, {count} programs: {', '.join(f'{number} {answer}' for answer, number in answers.most_common())}"
    )
    return 1 if wrong or not answers["the same"] else 0


def _agreement(names: list[str], count: int, seed: int) -> Tally:
    tally = Tally()
    started = time.monotonic()
    for position, name in enumerate(names):
        share = count * (position + 1) // len(names) - count * position // len(names)
        for _ in check(SURFACES[name], share, seed, tally):
            _progress(f"{name}: {tally.pairs} of {count} pairs, {time.monotonic() - started:.0f} s", last=False)
        _progress(f"{name}: {_answers(tally)}, {time.monotonic() - started:.0f} s", last=True)
        tally.answers.clear()
    return tally


def _answers(tally: Tally) -> str:
    return ", ".join(f"{number} {answer}" for answer, number in sorted(tally.answers.items()))


def _progress(text: str, *, last: bool) -> None:
    """Rewrite the progress line; a log gets only the last one of each surface."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="\n" if last else "", file=sys.stderr, flush=True)
    elif last:
        print(text, file=sys.stderr, flush=True)


sys.exit(main())
