"""Every assertion of the official conformance tests holds."""

from __future__ import annotations

import pytest

from analyzer.candid.values import DecodeError, Value, decode, encode
from analyzer.candid.values.parse import parse_values
from analyzer.errors import CtxError, ParseError
from tests.candid.values.conformance import Assertion, Input, assertions
from tests.shared import CASES

FOLDER = CASES / "candid-spec"
FILES = sorted(FOLDER.glob("*.test.did"))
READ = [assertion for path in FILES for assertion in assertions(path)]
COUNT = 467  # in the files as they were when they were taken


def read(given: Input, assertion: Assertion) -> list[Value]:
    if isinstance(given, bytes):
        return decode(given, assertion.interface, assertion.types)
    return parse_values(given, assertion.interface, assertion.types)


def test_the_official_tests_are_here() -> None:
    if not FILES:
        pytest.skip("the official Candid tests (candid-spec) are not beside this checkout")
    assert len(READ) >= COUNT


@pytest.mark.parametrize("assertion", READ, ids=lambda assertion: assertion.name)
def test_an_official_assertion_holds(assertion: Assertion) -> None:
    if assertion.right is None and not assertion.holds:
        with pytest.raises(DecodeError if isinstance(assertion.left, bytes) else ParseError):
            read(assertion.left, assertion)
        return
    left = read(assertion.left, assertion)
    if assertion.right is not None:
        assert (left == read(assertion.right, assertion)) is assertion.holds


@pytest.mark.parametrize("assertion", READ, ids=lambda assertion: assertion.name)
def test_what_was_read_is_read_again(assertion: Assertion) -> None:
    try:
        values = read(assertion.left, assertion)
    except CtxError:
        return
    again = encode(assertion.interface, assertion.types, values)
    assert repr(decode(again, assertion.interface, assertion.types)) == repr(values)
