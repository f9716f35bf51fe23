"""What is a Candid interface and what is not, and how the error reads."""

from __future__ import annotations

import pytest

from analyzer.candid.parse import parse_candid
from analyzer.candid.print import interface_text
from analyzer.candid.types import label_id
from analyzer.errors import ParseError
from analyzer.literals import LiteralError, id_of, text_of


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("service : {}", id="an empty service"),
        pytest.param("service : {};", id="one semicolon behind the service"),
        pytest.param("service s : {}", id="a named service"),
        pytest.param(
            "type A = nat service : { m : (A) -> () }", id="no semicolon between a definition and the service"
        ),
        pytest.param("type A = nat; type B = A; service : { m : (B) -> (); }", id="an alias"),
        pytest.param("type F = func () -> (); service : { m : F }", id="a method by name"),
        pytest.param("type S = service {}; service : S", id="a service by name"),
        pytest.param("type S = service {}; service : (nat, text) -> S", id="a constructor of a named service"),
        pytest.param("service : (opt nat) -> {}", id="a constructor"),
        pytest.param(
            "type nat = text; service : { m : (nat) -> () }", id="a primitive's name is no type definition in a type"
        ),
        pytest.param("type nat = func () -> (); service : { nat : nat }", id="behind a method it is one"),
        pytest.param('service : { "a method" : () -> () query }', id="a quoted method"),
        pytest.param("type R = record { nat; text; 5 : bool; int }; service : {}", id="unlabelled fields count on"),
        pytest.param("type R = record { 0x1_F : nat; 1_0_ : text }; service : {}", id="numbers with underscores"),
        pytest.param('type V = variant { a; 1; "b c"; d : nat }; service : {}', id="cases without payload"),
        pytest.param("type A = opt A; type B = record { B }; service : {}", id="recursion through a constructor"),
        pytest.param("/* a /* nested */ comment */ service : {} // end", id="comments"),
        pytest.param('/* "*/ service : {}', id="a quote in a comment is text"),
        pytest.param("service : { m : () -> () composite_query; n : () -> () oneway }", id="modes"),
        pytest.param('import "x.did"; service : {}', id="an import is noted in a single text"),
        pytest.param(
            "service : { m : (x : nat, x : nat) -> () }", id="argument names may repeat up to candid_parser 0.4"
        ),
    ],
)
def test_valid(text: str) -> None:
    interface = parse_candid(text)
    printed = interface_text(interface)
    assert interface_text(parse_candid(printed)) == printed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "t.did:1:1: there is no service", id="nothing"),
        pytest.param("type A = nat", "t.did:1:1: there is no service", id="types alone"),
        pytest.param("service : {", 't.did:1:12: expected a name or "}", found the end of the text', id="open"),
        pytest.param(
            "service : {\n  m : (nat) -> ()\n  n : () -> ();\n}",
            't.did:3:3: expected ";", "composite_query", "oneway", "query" or "}", found "n"',
            id="a semicolon is missing",
        ),
        pytest.param("type A = ; service : {}", 't.did:1:10: expected a type, found ";"', id="a type is missing"),
        pytest.param("\ufeffservice : {}", "t.did:1:1: unknown character '\\ufeff' (U+FEFF)", id="a byte order mark"),
        pytest.param("service : {}\0", "t.did:1:13: unknown character '\\x00' (U+0000)", id="a NUL"),
        pytest.param("/* service : {}", 't.did:1:1: this comment is never closed: "*/" is missing', id="open comment"),
        pytest.param('service : { "m : () -> () }', "t.did:1:13: this text literal is never closed", id="open text"),
        pytest.param(
            "service : { m : () -> () } }", 't.did:1:28: expected ";" or the end of the text, found "}"', id="more"
        ),
        pytest.param("service : { m : (A) -> () }", 't.did:1:18: the type "A" is not defined', id="unbound"),
        pytest.param("type A = B; service : {}", 't.did:1:10: the type "B" is not defined', id="unbound, unused"),
        pytest.param(
            "type A = B; type B = A; service : {}", 't.did:1:10: the type "B" is defined as itself', id="alias cycle"
        ),
        pytest.param(
            "type A = nat; type A = nat; service : {}", 't.did:1:15: the type "A" is defined twice', id="type twice"
        ),
        pytest.param(
            "service : { m : () -> (); m : () -> () }", 't.did:1:27: the method "m" is there twice', id="method twice"
        ),
        pytest.param(
            "type R = record { a : nat; a : nat }; service : {}",
            't.did:1:28: the field "a" is there twice',
            id="field twice",
        ),
        pytest.param(
            "type R = record { btbrdy : nat; gfzevc : nat }; service : {}",
            't.did:1:33: the field "gfzevc" and the field "btbrdy" have the same id 982673463',
            id="two names of one id",
        ),
        pytest.param(
            "type R = record { a : nat; 97 : nat }; service : {}",
            't.did:1:28: the field 97 and the field "a" have the same id 97',
            id="a name and its id",
        ),
        pytest.param(
            "type A = nat; service : { m : A }",
            't.did:1:31: the method "m" is not a function: "A" is another type',
            id="method",
        ),
        pytest.param("type A = nat; service : A", 't.did:1:25: "A" is not a service', id="not a service"),
        pytest.param(
            "service : { m : () -> () query query }",
            't.did:1:31: a function has one mode: "query" follows "query"',
            id="modes",
        ),
        pytest.param(
            "service : { m : () -> (nat) oneway }", "t.did:1:17: a oneway function returns nothing", id="oneway"
        ),
        pytest.param(
            "type R = record { 4294967296 : nat }; service : {}",
            "t.did:1:19: a field id is at most 4294967295",
            id="id range",
        ),
        pytest.param(
            "type R = record { 0X10 : nat }; service : {}",
            "t.did:1:19: a field id is written with a small x: 0x10",
            id="0X",
        ),
        pytest.param(
            'type R = record { "\\c3" : nat }; service : {}',
            "t.did:1:19: the bytes of this text are not UTF-8",
            id="bytes",
        ),
        pytest.param('type R = record { "a\\q" : nat }; service : {}', "t.did:1:21: unknown escape \\q", id="escape"),
        pytest.param("type true = nat; service : {}", 't.did:1:6: expected a name, found "true"', id="reserved"),
        pytest.param(
            "service : { m : () -> (;) }",
            't.did:1:24: expected a type, ")" or quoted text, found ";"',
            id="an empty element",
        ),
    ],
)
def test_invalid(text: str, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_candid(text, "t.did")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        (r'"a"', "a"),
        (r'"\c3\a9"', "é"),
        (r'"\u{e9}"', "é"),
        (r'"\u{1F6_00}"', "😀"),
        (r'"\n\r\t\\\"\'"', "\n\r\t\\\"'"),
        ('"a\nb"', "a\nb"),
    ],
)
def test_text_literals(literal: str, text: str) -> None:
    assert text_of(literal) == text


@pytest.mark.parametrize("literal", [r'"\u{d800}"', r'"\u{110000}"', r'"\u{}"', r'"\q"', r'"\f"', r'"\ff"'])
def test_impossible_text_literals(literal: str) -> None:
    with pytest.raises(LiteralError):
        text_of(literal)


@pytest.mark.parametrize(
    ("literal", "number"), [("010", 10), ("1_0_", 10), ("0xfF", 255), ("0xf_F", 255), ("4294967295", 2**32 - 1)]
)
def test_field_numbers(literal: str, number: int) -> None:
    assert id_of(literal) == number


def test_field_hash_of_the_specification() -> None:
    assert (label_id("id"), label_id(""), label_id("description")) == (23515, 0, 1595738364)
