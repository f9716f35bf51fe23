"""`ctxcheck.toml`: what it may say, and how a mistake in it is told."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from analyzer.errors import UsageError
from analyzer.policy.config import Config, Level, read_config, schema
from analyzer.policy.levels import Policy
from analyzer.rules import all_rules

WHOLE = """
rules = "2026.1"
policy = "wire"
profile = "dfx"
clients = ["js", "rust"]
baseline = "origin/main"
[paths]
deployed = "live"
[levels]
C305 = "warn"
s201 = "block"
[canisters.ledger]
policy = "state"
clients = "in-repo"
"""


def test_all_keys() -> None:
    config = read_config(WHOLE, "ctxcheck.toml")
    assert config._replace(levels={}, canisters={}) == Config(
        "ctxcheck.toml",
        "2026.1",
        Policy.WIRE,
        "dfx",
        ("js", "rust"),
        in_repo=False,
        baseline="origin/main",
        deployed="live",
    )
    assert config.levels == {"C305": Level.WARN, "S201": Level.BLOCK}
    ledger, other = config.of("ledger"), config.of("other")
    assert (ledger.policy, ledger.profile, ledger.clients, ledger.in_repo) == (Policy.STATE, "dfx", None, True)
    assert (other.policy, other.profile, other.clients, other.in_repo) == (Policy.WIRE, "dfx", ("js", "rust"), False)


# The text, what is said, where, and what to do.
MISTAKES = [
    pytest.param('polcy = "wire"', "1: there is no key `polcy`", "did you mean `policy`?", id="a key that is none"),
    pytest.param('\npolicy = "wires"', "2: `policy` is one of state, wire, guide, not 'wires'", 'did you mean "wire"?', id="a value that is none"),
    pytest.param("policy = 3", "1: `policy` is one of state, wire, guide, not 3", None, id="a number for a word"),
    pytest.param("[paths]\ndeploy = 'x'", "2: there is no key `paths.deploy`", "did you mean `deployed`?", id="a key in a table"),
    pytest.param("paths = 'x'", "1: `paths` is a table", None, id="a word for a table"),
    pytest.param("baseline = ''", "1: `baseline` is a text", None, id="an empty text"),
    pytest.param("clients = []", '1: `clients` is "in-repo" or a list of js, motoko, rust', None, id="no clients"),
    pytest.param("clients = ['go']", "1: `clients` is one of js, motoko, rust, not 'go'", None, id="a client that is not known"),
    pytest.param("[levels]\nC999 = 'warn'", "2: there is no rule C999", "`ctxcheck rules` lists them", id="a rule that is none"),
    pytest.param("[levels]\ncandid-method-removed = 'warn'", "2: there is no rule CANDID-METHOD-REMOVED", "did you mean C", id="a slug for an id"),
    pytest.param("[levels]\nC305 = 'of'", "2: `levels.C305` is one of block, warn, off, not 'of'", 'did you mean "off"?', id="a level that is none"),
    pytest.param("[levels]\nS201 = 'warn'", "2: S201 stable-field-added cannot be lowered to `warn`: stored data is at stake", "write a migration function", id="a break of stored data"),
    pytest.param("[canisters.a]\nlevel = 'x'", "2: there is no key `canisters.a.level`", "known: clients, data, migrate, policy, profile, verify", id="a key of a canister"),
    pytest.param("rules = '2026'", "1: '2026' is no set of rules", "this version has", id="a set of rules that is none"),
    pytest.param("rules = '2999.1'", "1: the set of rules 2999.1 is newer than this version", "update ctxcheck", id="a later set of rules"),
    pytest.param("policy = ", "this is not TOML", None, id="no TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says", "hint"), MISTAKES)
def test_a_mistake(text: str, says: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as raised:
        read_config(text, "ctxcheck.toml")
    assert says in str(raised.value)
    if hint is not None:
        assert hint in (raised.value.hint or "")


def test_a_canister_that_is_none() -> None:
    config = read_config("[canisters.ledgr]\npolicy = 'wire'", "ctxcheck.toml")
    with pytest.raises(UsageError, match="there is no canister 'ledgr'"):
        config.unknown_canisters({"ledger"})


def test_no_rule_of_stored_data_can_be_lowered() -> None:
    for rule in all_rules():
        text = f"[levels]\n{rule.id} = 'warn'"
        if rule.surface == "stable" and rule.verdict != "safe":
            with pytest.raises(UsageError, match="cannot be lowered"):
                read_config(text, "")
        else:
            assert read_config(text, "").levels == {rule.id: Level.WARN}


def test_the_schema_for_editors() -> None:
    kept = schema()
    jsonschema.Draft7Validator.check_schema(kept)
    valid: dict[str, Any] = {"policy": "wire", "clients": "in-repo", "canisters": {"a": {"clients": ["js"]}}}
    jsonschema.validate(valid, kept)
    wrong: dict[str, Any]
    for wrong in ({"polcy": "wire"}, {"policy": "x"}, {"clients": []}, {"canisters": {"a": {"b": 1}}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, kept)
