"""Approvals: signed by whom the plan allows, for this very plan, for its time; none where none is needed."""

from __future__ import annotations

import json
import stat
import time
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from analyzer.candid.principal import Principal
from analyzer.errors import CtxError, UsageError
from migrator.approval import (
    SEPARATOR,
    Blocked,
    NotApproved,
    approve,
    granted,
    is_valid,
    read_approvals,
    signed_bytes,
    write_approval,
)
from migrator.network.identity import Anonymous, Key, from_pem
from migrator.network.request import _REQUEST
from migrator.plan.file import packed
from migrator.plan.model import Approvers, Letting
from tests.command.process import run
from tests.migrator.live import Place, new_key, place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from migrator.plan.file import SavedPlan

DAY = 24 * 60 * 60 * 1_000_000_000


def pem(kind: str) -> bytes:
    private: Any = Ed25519PrivateKey.generate()
    if kind != "ed25519":
        private = ec.generate_private_key(ec.SECP256K1() if kind == "secp256k1" else ec.SECP256R1())
    made: bytes = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made


KEYS = {kind: from_pem(pem(kind), "a test") for kind in ("ed25519", "secp256k1", "p256")}
ONE, TWO, THREE = KEYS.values()


def name(key: Key) -> str:
    return str(Principal(key.sender))


@pytest.fixture(scope="module")
def here() -> Iterator[Place]:
    with place() as found:
        yield found


@pytest.fixture(scope="module")
def app(here: Place) -> str:
    return here.registry()


def allowing(saved: SavedPlan, needed: int = 1, auto: Any = "never", **network: Any) -> SavedPlan:  # noqa: ANN401
    approvers = Approvers(tuple(map(name, KEYS.values())), needed, auto)
    found = saved.plan._replace(approvers=approvers, network=saved.plan.network._replace(**network))
    return packed(found, saved.blobs.values())


@pytest.fixture(scope="module")
def safe(here: Place, app: str) -> SavedPlan:
    return allowing(here.plan(app))


@pytest.fixture(scope="module")
def removed(here: Place, app: str) -> SavedPlan:
    """Return a plan that removes a method, which was accepted."""
    saved = here.plan(app, "v06_function_removed")
    first = saved.plan.targets[0]
    letting = Letting("me", "nobody calls it", "2026-01-01", None)
    changes = tuple(one._replace(accepted=letting if one.blocked_by else None) for one in first.changes)
    return allowing(packed(saved.plan._replace(targets=(first._replace(changes=changes),)), saved.blobs.values()))


@pytest.mark.parametrize("kind", KEYS)
def test_what_was_signed_is_valid_and_nothing_else_is(safe: SavedPlan, kind: str) -> None:
    approval = approve(safe, KEYS[kind], "seen with Ada", safe.plan.created)
    assert is_valid(approval)
    other = approval._replace
    for wrong in (
        other(plan="0" * 64),
        other(reason="seen with Bob"),
        other(time=approval.time + 1),
        other(approver=name(next(key for key in KEYS.values() if key is not KEYS[kind]))),
        other(signature="00" * 64),
        other(signature="zz"),
        other(signature=""),
        other(public_key=(new_key().public_key or b"").hex()),
        other(public_key="00"),
    ):
        assert not is_valid(wrong)
        with pytest.raises(NotApproved):
            granted(allowing(safe, local=False), [wrong], safe.plan.created, local=False)


def test_what_is_signed_is_no_request(safe: SavedPlan) -> None:
    message = signed_bytes(safe.digest, name(ONE), "why", 1)
    assert message.startswith(b"\x13ctxcheck-approval/1")
    assert SEPARATOR[0] == len(SEPARATOR) - 1
    assert not message.startswith(_REQUEST)
    assert len(message) == len(SEPARATOR) + 32


AUTO = [
    # local network, auto_approve, the change set, approvals given, and whether it may run
    pytest.param(True, "never", "safe", 0, True, id="safe, on this machine"),
    pytest.param(False, "never", "safe", 0, False, id="safe, elsewhere"),
    pytest.param(False, "safe", "safe", 0, True, id="safe, elsewhere, where that is enough"),
    pytest.param(True, "never", "removed", 0, False, id="accepted is not safe, on this machine"),
    pytest.param(False, "safe", "removed", 0, False, id="accepted is not safe, elsewhere"),
    pytest.param(True, "never", "removed", 1, True, id="accepted and approved"),
    pytest.param(False, "never", "safe", 1, True, id="safe and approved"),
]


@pytest.mark.parametrize(("local", "auto", "which", "given", "may"), AUTO)
def test_when_an_approval_is_needed(
    safe: SavedPlan, removed: SavedPlan, local: bool, auto: str, which: str, given: int, may: bool
) -> None:
    saved = allowing({"safe": safe, "removed": removed}[which], auto=auto, local=local)
    approvals = [approve(saved, ONE, "why", saved.plan.created)] * given
    if may:
        assert len(granted(saved, approvals, saved.plan.created, local=local)) == given
    else:
        with pytest.raises(NotApproved):
            granted(saved, approvals, saved.plan.created, local=local)


def test_a_plan_that_says_local_of_a_network_elsewhere_is_not_believed(safe: SavedPlan) -> None:
    assert safe.plan.network.local
    with pytest.raises(NotApproved):
        granted(safe, [], safe.plan.created, local=False)


def test_old_sides_that_are_not_certified_need_an_approval(safe: SavedPlan) -> None:
    first = safe.plan.targets[0]
    bare = safe.plan._replace(targets=(first._replace(old=first.old._replace(certificate=None)),))
    saved = allowing(packed(bare, safe.blobs.values()), auto="safe", local=False)
    with pytest.raises(NotApproved):
        granted(saved, [], saved.plan.created, local=False)


def test_as_many_as_the_plan_says_and_each_counts_once(safe: SavedPlan) -> None:
    saved = allowing(safe, needed=2, local=False)
    now = saved.plan.created
    one, again, two = (approve(saved, key, "why", now) for key in (ONE, ONE, TWO))
    with pytest.raises(NotApproved, match="1 of 2"):
        granted(saved, [one, again], now, local=False)
    assert len(granted(saved, [one, two, again], now, local=False)) == 2


def test_its_time_is_over_by_certified_time(safe: SavedPlan) -> None:
    saved = allowing(safe, local=False)
    approval = approve(saved, ONE, "why", saved.plan.created)
    assert granted(saved, [approval], saved.plan.expires, local=False)
    with pytest.raises(NotApproved, match="expired") as raised:
        granted(saved, [approval], saved.plan.expires + 1, local=False)
    assert raised.value.exit_code == 4
    with pytest.raises(NotApproved, match="expired"):
        approve(saved, ONE, "why", saved.plan.expires + 1)


def test_an_approval_accepts_nothing(here: Place, app: str) -> None:
    saved = allowing(here.plan(app, "v06_function_removed"))
    with pytest.raises(Blocked) as raised:
        approve(saved, ONE, "I want it", saved.plan.created)
    assert raised.value.exit_code == 1
    with pytest.raises(Blocked):
        granted(saved, [], saved.plan.created, local=True)
    stored = here.plan(app, "v03_optional_field")
    with pytest.raises(Blocked) as raised:
        granted(stored, [], stored.plan.created, local=True)
    assert "migration function" in (raised.value.hint or "")


@pytest.mark.parametrize(
    ("who", "reason", "words"),
    [
        pytest.param(Anonymous(), "why", "may approve", id="nobody"),
        pytest.param(new_key(), "why", "may approve", id="somebody else"),
        pytest.param(ONE, " ", "reason", id="no reason"),
        pytest.param(ONE, "x" * 2001, "reason", id="a novel"),
    ],
)
def test_who_may_not(safe: SavedPlan, who: Any, reason: str, words: str) -> None:  # noqa: ANN401
    with pytest.raises(UsageError, match=words):
        approve(safe, who, reason, safe.plan.created)


def test_files(safe: SavedPlan, tmp_path: Path) -> None:
    folder = tmp_path / ".ctxcheck"
    path = write_approval(folder, approve(safe, ONE, "why\u202e", safe.plan.created))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (folder / ".gitignore").read_text() == "*\n"
    found, refused = read_approvals(folder, safe.digest)
    assert [one.approver for one in found] == [name(ONE)]
    assert refused == []
    path.write_text(path.read_text().replace("why", "who"))
    (path.parent / "torn.json").write_text(json.dumps({"approver": 1}))
    found, refused = read_approvals(folder, safe.digest)
    assert found == []
    assert len(refused) == 2


def test_the_command(here: Place, app: str, tmp_path: Path) -> None:
    private = pem("ed25519")
    (tmp_path / "key.pem").write_bytes(private)
    saved = here.plan(app, approvers=Approvers((name(from_pem(private, "a test")),), 1, "never"))
    (tmp_path / "plan.ctx").write_bytes(saved.data)
    asked = ("approve", "plan.ctx", "--identity-file", "key.pem", "--reason")
    done = run(tmp_path, *asked, "seen with Ada")
    assert (done.returncode, done.stderr) == (0, "")
    (found,), refused = read_approvals(tmp_path / ".ctxcheck", saved.digest)
    assert (found.reason, refused) == ("seen with Ada", [])
    assert abs(found.time - time.time_ns()) < DAY
    assert run(tmp_path, *asked, "").returncode == 2
    (tmp_path / "plan.ctx").write_bytes(here.plan(app, "v06_function_removed").data)
    assert run(tmp_path, *asked, "why").returncode == 1
    (tmp_path / "plan.ctx").write_bytes(saved.data[:-1])
    assert run(tmp_path, *asked, "why").returncode == 3
    assert private.decode()[40:80] not in done.stdout + done.stderr


def test_every_refusal_is_an_error_of_ours() -> None:
    assert issubclass(Blocked, CtxError)
    assert issubclass(NotApproved, CtxError)
