"""What is wrong with a stable signature: moc's code, where, and what the message says."""

from __future__ import annotations

import pytest

from analyzer import ParseError
from analyzer.motoko.parse import parse_stable


@pytest.mark.parametrize(
    ("text", "code", "column", "says"),
    [
        pytest.param("actor {stable x Nat};", "M0001", 17, 'expected ":", found "Nat"', id="no colon"),
        pytest.param("actor {stable case : Nat};", "M0001", 15, 'expected a name or "var", found "case"', id="a keyword"),
        pytest.param("type T<A>=?A; actor {};", "M0001", 9, 'found ">="', id=">= is one token"),
        pytest.param("type T < A > = A; actor {};", "M0001", 8, 'found "<"', id="< between spaces compares"),
        pytest.param("nothing", "M0001", 1, 'expected "actor", "type" or "{", found "nothing"', id="another text"),
        pytest.param("actor {", "M0001", 8, "found the end of the text", id="cut off"),
        pytest.param("\ufeffactor {};", "M0002", 1, "U+FEFF", id="a byte order mark"),
        pytest.param("/* actor {};", "M0002", 1, "never closed", id="an open comment"),
        pytest.param("actor {stable é : Nat};", "M0002", 15, "U+00E9", id="a letter beyond ASCII"),
        pytest.param("actor {stable x : Nat; stable x : Nat};", "M0018", 24, 'the variable "x" is there twice', id="a variable twice"),
        pytest.param("actor {stable x : {a : Nat; a : Nat}};", "M0018", 29, 'the field "a" is there twice', id="a field twice"),
        pytest.param("actor {stable x : {#a; #a}};", "M0018", 24, 'the tag "a" is there twice', id="a tag twice"),
        pytest.param("actor {stable x : A.B};", "M0026", 19, "there are no modules", id="a path"),
        pytest.param("actor {stable x : Season};", "M0029", 19, 'the type "Season" is not defined', id="an unknown type"),
        pytest.param("type T = Season; actor {};", "M0029", 10, 'the type "Season" is not defined', id="an unknown type in a line that nobody uses"),
        pytest.param("actor {stable x : shared (() -> ()) -> ()};", "M0031", 27, "shared parameter types only", id="a parameter that cannot travel"),
        pytest.param("actor {stable x : shared () -> async (() -> ())};", "M0032", 39, "shared result types only", id="a result that cannot travel"),
        pytest.param("actor {stable x : shared () -> Nat};", "M0035", 32, 'returns "()" or "async ..."', id="a shared function without async"),
        pytest.param("actor {stable x : shared query () -> ()};", "M0036", 38, 'a query returns "async ..."', id="a query without async"),
        pytest.param("actor {stable x : actor {a : Nat}};", "M0042", 30, "is to be a shared function", id="an actor field that is no function"),
        pytest.param("type T<A> = A; actor {stable x : T};", "M0045", 34, "takes 1 type argument, not 0", id="an argument too few"),
        pytest.param("type T<A <: Nat> = A; actor {stable x : T<Text>};", "M0046", 43, "not within its bound Nat", id="an argument out of its bound"),
        pytest.param("type T = Nat; type T = Int; actor {};", "M0051", 15, 'the type "T" is defined twice', id="a type twice"),
        pytest.param("actor {stable x : () -> ()};", "M0131", 19, "is stable and its type is not", id="a local function"),
        pytest.param("actor {stable x : Error};", "M0131", 19, "is stable and its type is not", id="an error"),
        pytest.param("type T<A> = ?T<[A]>; actor {};", "M0156", 1, "grows each time it is unfolded", id="an expansive type"),
        pytest.param("type A = B; type B = A; actor {};", "M0157", 1, "is defined as itself", id="a type without an end"),
        pytest.param("type A = B and Nat; type B = Int; actor {};", "M0168", 10, "cannot be computed", id="a type that is computed too early"),
        pytest.param("actor {stable x : shared <A> A -> ()};", "M0180", 19, "has no type parameters", id="a generic shared function"),
        pytest.param('{"1" : {} -> {a : Text}} actor {stable a : Nat};', "M0253", 2, "the chain breaks", id="a chain that does not fit"),
        pytest.param('{"1" : {} -> {}; "1" : {} -> {}} actor {};', "M0018", 18, "twice", id="a label twice"),
    ],
)  # fmt: skip
def test_what_is_wrong(text: str, code: str, column: int, says: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_stable(text, "x.most")
    error = caught.value
    assert (error.code, error.line, error.column) == (code, 1, column)
    assert says in str(error)
    assert str(error).startswith(f"x.most:1:{column}: ")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        pytest.param("\ufeffactor {};", "remove the byte order mark", id="a byte order mark"),
        pytest.param("type T < A > = A; actor {};", "write T<A>", id="< between spaces"),
        pytest.param("actor {stable weak : Nat};", "is a keyword since", id="a word that was none"),
        pytest.param(
            "type A = B and Nat; type B = Int; actor {};", "above them", id="a type that is computed too early"
        ),
    ],
)
def test_what_to_do(text: str, hint: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_stable(text)
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("// Version: 1.0.0\nactor {stable var x : Nat};", id="1.0.0"),
        pytest.param("actor ({stable x : Nat}, {stable var x : Nat}) ;", id="2.0.0"),
        pytest.param("actor ({in x : Nat; stable y : Nat}, {stable x : Text; stable y : Nat});", id="3.0.0"),
        pytest.param('{"1" : (old : {a : Nat}) -> {b : Nat}} actor {stable b : Nat};', id="4.0.0"),
        pytest.param("actor {}; }) ; whatever \ufeff /*", id="text behind the actor is not read"),
        pytest.param("type Nat = Int; actor {stable x : Nat};", id="a type called like a primitive"),
        pytest.param("actor {stable x : (a : Nat, Text,)};", id="names and a comma in a tuple"),
        pytest.param("actor {stable x : {#}; stable y : {}; stable z : ()};", id="empty types"),
        pytest.param("actor {stable x : {type T<A> = [A]}};", id="a type field"),
        pytest.param("/* a /* b */ c */ actor {stable x : weak Nat};", id="nested comments"),
    ],
)  # fmt: skip
def test_what_is_read(text: str) -> None:
    parse_stable(text)
