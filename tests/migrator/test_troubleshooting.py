"""docs/migrating.md tells of each failure in the words that the failure has, and of what to do in those of its hint."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from analyzer.candid.methods import method_of
from analyzer.candid.parse import parse_candid
from analyzer.candid.principal import Principal
from analyzer.candid.values import Some, encode
from analyzer.errors import CtxError, SourceError
from migrator.approval import granted
from migrator.build import build
from migrator.journal.file import NAME as JOURNAL
from migrator.lock import locked
from migrator.network.management import ManagementClient
from replica.api import ANONYMOUS
from tests.command.process import run
from tests.migrator.live import Place, place
from tests.migrator.trial import SAFE, Trial
from tests.replica import registry
from tests.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from analyzer.candid.values import Value
    from migrator.outcome import Outcome

PAGE = (ROOT / "docs" / "migrating.md").read_text("utf-8")
_SETTINGS = """service : {
  s : (record { canister_id : principal; settings : record { controllers : opt vec principal } }) -> ()
}"""
_DAY = 86_400 * 10**9


@pytest.fixture(scope="module")
def there() -> Iterator[Place]:
    with place() as found:
        yield found


def rows() -> dict[str, str]:
    """Return what to do by the words that one sees."""
    table = PAGE.partition("## Troubleshooting")[2].partition("\n**")[0]
    found = {}
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        for words in re.findall(r"`([^`]+)`", cells[0]):
            found[words.replace("line N", "line 3")] = cells[-1]
    return found


def failed(work: Callable[[], Outcome]) -> CtxError:
    """Return what a run fails with, whether it is raised or told."""
    try:
        outcome = work()
    except CtxError as error:
        return error
    assert outcome.error is not None
    return outcome.error


def blocked(there: Place, folder: Path) -> CtxError:
    return failed(Trial(there, folder, "v03_optional_field", approved=False).orchestrator().run)


def not_approved(there: Place, folder: Path) -> CtxError:
    trial = Trial(there, folder, SAFE, approved=False)

    def ask() -> Outcome:
        granted(trial.saved, [], time.time_ns(), local=False)
        raise AssertionError

    return failed(ask)


def expired(there: Place, folder: Path) -> CtxError:
    trial = Trial(there, folder, SAFE)

    def ask() -> Outcome:
        granted(trial.saved, [], time.time_ns() + 2 * _DAY, local=True)
        raise AssertionError

    return failed(ask)


def stale(there: Place, folder: Path) -> CtxError:
    trial = Trial(there, folder, SAFE)
    there.ic.upgrade(trial.canister, registry.module(SAFE), persistence="keep")
    return failed(trial.orchestrator().run)


def held(there: Place, folder: Path) -> CtxError:
    trial = Trial(there, folder, SAFE)
    with locked(trial.folder, there.network.root_key, [trial.canister], "another"):
        return failed(trial.orchestrator().run)


def not_over(there: Place, folder: Path) -> CtxError:
    trial = Trial(there, folder, SAFE)
    trial.orchestrator(hold=True).run()
    return failed(trial.orchestrator().run)


def no_cycles(there: Place, folder: Path) -> CtxError:
    trial = Trial(there, folder, SAFE)
    there.ic.set_cycles(trial.canister, 20_000_000_000)
    return failed(trial.orchestrator().run)


def no_room(there: Place, folder: Path) -> CtxError:
    trial = Trial(there, folder, SAFE)
    for _ in range(10):
        ManagementClient(there.agent).take_snapshot(_raw(trial))
    return failed(trial.orchestrator().run)


def no_controller(there: Place, folder: Path) -> CtxError:
    trial = Trial(there, folder, SAFE)
    interface = parse_candid(_SETTINGS, "settings")
    method = method_of(interface, "s")
    assert method is not None
    controllers: Value = [Principal(ANONYMOUS)]
    value: Value = {"canister_id": Principal(_raw(trial)), "settings": {"controllers": Some(controllers)}}
    argument = encode(interface, method.arguments, [value])
    there.agent.call(b"", "update_settings", argument, effective=_raw(trial))
    return failed(trial.orchestrator().run)


def written_since(there: Place, folder: Path) -> CtxError:
    trial = Trial(there, folder, SAFE)
    name = trial.orchestrator().run().run
    registry.call(there.ic, trial.canister, SAFE, "setMetadata", '("a", "b")')
    return failed(lambda: trial.orchestrator().roll_back(name, "no"))


def installed_since(there: Place, folder: Path) -> CtxError:
    trial = Trial(there, folder, SAFE)
    name = trial.orchestrator(hold=True).run().run
    there.ic.reinstall(trial.canister, registry.module("v06_function_removed"))
    return failed(lambda: trial.orchestrator().roll_back(name, "no", forced=True))


def damaged(there: Place, folder: Path) -> CtxError:
    trial = Trial(there, folder, SAFE)
    trial.orchestrator(hold=True).run()
    path = trial.folder / "runs" / trial.run / JOURNAL
    lines = path.read_text("utf-8").splitlines(keepends=True)
    lines[2] = lines[2].replace("snapshots", "sandwich!")
    path.write_text("".join(lines), "utf-8")
    return failed(lambda: trial.orchestrator().resume(trial.run))


def _raw(trial: Trial) -> bytes:
    return Principal.parse(trial.canister).raw


CASES = [
    blocked,
    not_approved,
    expired,
    stale,
    held,
    not_over,
    no_cycles,
    no_room,
    no_controller,
    written_since,
    installed_since,
    damaged,
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__.replace("_", " "))
def test_the_page_has_the_words_of_the_failure(
    there: Place, tmp_path: Path, case: Callable[[Place, Path], CtxError]
) -> None:
    error = case(there, tmp_path)
    found = [to_do for words, to_do in rows().items() if words in str(error)]
    assert found, str(error)
    said = (error.hint or "").replace("`", "")
    assert any(_alike(to_do.replace("`", ""), said) for to_do in found), (said, found)


def _alike(to_do: str, hint: str) -> bool:
    """Tell whether the page says what the hint does: half of its words at least."""
    words = set(re.findall(r"[a-z-]{3,}", hint.lower()))
    told = set(re.findall(r"[a-z-]{3,}", to_do.lower()))
    return len(words & told) * 2 >= min(len(words), len(told))


def test_a_program_that_does_not_compile(tmp_path: Path) -> None:
    (tmp_path / "mops.toml").write_text('[canisters]\nledger = "main.mo"\n', "utf-8")
    (tmp_path / "main.mo").write_text("persistent actor { let x : Nat = true };", "utf-8")
    found = run(tmp_path, "doctor")
    if "no compiler" in found.stdout:
        pytest.skip("there is no Motoko compiler")
    with pytest.raises(SourceError) as raised:
        build(tmp_path, "ledger", network="local", tool="moc")
    assert any(words in str(raised.value) for words in rows())
    assert "main.mo:1" in str(raised.value)
