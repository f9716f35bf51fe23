"""`ctxcheck.accepted.toml`: it is read back as it was written, and nothing in it acts on who reads it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import UsageError
from analyzer.policy.accepted import Accepted, accepted_text, read_accepted

TEXTS = st.text().map(lambda text: text.encode("utf-8", "replace").decode())
ENTRY = st.builds(
    Accepted,
    fingerprint=st.text("0123456789abcdef", min_size=64, max_size=64),
    canister=TEXTS, rule=TEXTS, change=TEXTS, where=TEXTS, reason=TEXTS.filter(str.strip), by=TEXTS,
    on=st.dates(), until=st.none() | st.dates(),
)  # fmt: skip


@given(st.lists(ENTRY, max_size=5))
def test_what_is_written_is_read_back(entries: list[Accepted]) -> None:
    text = accepted_text(entries)
    assert text.isascii()
    assert sorted(read_accepted(text, ""), key=repr) == sorted(entries, key=repr)


WHOLE = {
    "fingerprint": f'"{"0" * 64}"', "canister": '"a"', "rule": '"C305"', "change": '"x"', "where": '"y"',
    "reason": '"r"', "by": '"b"', "on": "2026-01-02",
}  # fmt: skip


def entry(**changed: str | None) -> str:
    values = {**WHOLE, **changed}
    return "[[accepted]]\n" + "".join(f"{key} = {value}\n" for key, value in values.items() if value is not None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("x = 1", "entries `[[accepted]]` and nothing else", id="another key"),
        pytest.param("accepted = 1", "entries `[[accepted]]` and nothing else", id="no entries"),
        pytest.param(entry(reason=None), "entry 1: `reason` is a text, and it has to be there", id="no reason"),
        pytest.param(entry(reason='" "'), "entry 1: `reason` says nothing", id="an empty reason"),
        pytest.param(
            entry(fingerprint='"00ff"'), "entry 1: `fingerprint` is 64 hexadecimal digits", id="a part of a fingerprint"
        ),
        pytest.param(entry(until='"tomorrow"'), "entry 1: `until` is a date", id="no date"),
        pytest.param(entry(on="2026-01-02T10:00:00Z"), "entry 1: `on` is a date", id="a time"),
        pytest.param(entry(scope='"all"'), "entry 1: there is no key `scope`", id="a key that is none"),
        pytest.param("[[accepted]", "this is not TOML", id="no TOML"),
    ],
)
def test_a_mistake(text: str, says: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_accepted(text, "ctxcheck.accepted.toml")
    assert says in str(raised.value)


def test_the_last_day_counts() -> None:
    (one,) = read_accepted(entry(until="2026-03-01"), "")
    assert [one.expired(date(2026, 3, day)) for day in (1, 2)] == [False, True]
