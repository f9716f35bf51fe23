"""What is read of a Motoko program without a compiler: its declarations, and what it keeps where that is certain."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from analyzer.compare.stable import compare_signatures
from analyzer.errors import ParseError
from analyzer.motoko.parse import parse_stable
from analyzer.motoko.source.blank import EXPRESSION, PATTERN, blanked
from analyzer.motoko.source.parse import parse_source
from analyzer.motoko.source.signature import Doubt
from tests.oracles.needed import ask_skip_or_fail
from tests.proof.programs import tell, told
from tests.shared import ROOT

if TYPE_CHECKING:
    from pathlib import PurePath

COUNT = 12  # random programs, of about a second each; `python -m tests.proof programs --count 300` compiles more


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param("let x : T = f({ a = 1; });", "let x : T = ~;", id="a value"),
        pytest.param("func f(a : A, b : B<C, D>) : M.T { x; y };", "func f(a : A, b : B<C, D>) : M.T ~;", id="a body"),
        pytest.param("func f() : { a : Nat } { x };", "func f() : { a : Nat } ~;", id="a record, then a body"),
        pytest.param("func f() : async { a : Nat } { x };", "func f() : async { a : Nat } ~;", id="async record"),
        pytest.param("func f<A>(g : <B>(B) -> B) : () = g;", "func f<A>(g : <B>(B) -> B) : () = ~;", id="generic"),
        pytest.param("func f({ a } : R, b : B) {};", "func f^ ~;", id="arguments that are patterns"),
        pytest.param("public shared ({ caller }) func f() {};", "public shared ^ func f() ~;", id="who calls"),
        pytest.param("let (a, b) = (1, 2);", "let ^ = ~;", id="a pattern"),
        pytest.param('let x = "}"; let c = \'"\'; let y = 1', "let x = ~; let c = ~; let y = ~", id="literals"),
        pytest.param("let x = /* ; /* } */ */ 1 // ; \n;", "let x = ~\n;", id="comments"),
        pytest.param("(with migration = f) actor { }", "^ actor { }", id="what stands before an actor"),
        pytest.param(
            "actor class C<A>(x : A) : async T = S { var y = x }", "actor class C^ { var y = ~ }", id="a class"
        ),
        pytest.param("module M { class C() { let y = 1 }; };", "module M { class C~; };", id="a class in a module"),
    ],
)
def test_what_computes_is_blanked_out(text: str, left: str) -> None:
    found = blanked(text)
    assert len(found) == len(text)
    for sign, short in ((EXPRESSION, "~"), (PATTERN, "^")):
        while sign * 2 in found:
            found = found.replace(sign * 2, sign)
        found = found.replace(sign, short)
    # A comment behind a value, or before it, may go with it.
    assert found.replace(" ", "").replace("/*;/*}*/*/", "").replace("//;\n", "\n").replace("\n;", ";") == left.replace(
        " ", ""
    ).replace("\n;", ";")
    parse_source(text, "text.mo")


TYPES = (
    "module { public type K<A> = { #x : A; #y : ?K<A> }; type Hidden = Nat; public module In { public type T = Nat } }"
)


ONE = "module { public type T = Nat }"
BESIDE = {"types.mo": TYPES, "two.mo": ONE, "two/lib.mo": ONE, "no.mo": "module {", "no/lib.mo": ONE}


@pytest.mark.parametrize(
    ("body", "keeps"),
    [
        pytest.param(
            "var a = 1; var b = -1; var c = +1; var d = 1.5; var e = 1e3", "a:Nat b:Int c:Int d:Float e:Float"
        ),
        pytest.param("var a = \"x\"; let b = 'c'; let c = true; let d = null", "a:Text b:Char c:Bool d:Null"),
        pytest.param("type T = Text; var a : ?T = null", "a:?Text"),
        pytest.param('type Nat = Text; var a : Nat = ""; var b = 1', "a:Text b:Nat", id="a name that is a primitive's"),
        pytest.param("var a : T.K<Nat> = #x 1", "a:{#x : Nat; #y : ?T}", id="of another file"),
        pytest.param("var a : T.In.T = 1", "a:Nat", id="of a module in another file"),
        pytest.param("module M { public type P = Q }; type Q = Int; var a : M.P = 1", "a:Int", id="of a module"),
        pytest.param("transient var a = f(); func g() {}; class C() {}; var b = 1", "b:Nat", id="what is not kept"),
    ],
)
def test_what_is_told(body: str, keeps: str) -> None:
    text = told({"main.mo": f'import T "types"; persistent actor {{ {body} }}', "types.mo": TYPES})
    wanted = (
        [part.split(":", 1) for part in keeps.replace("; ", ";").replace(" : ", ":").split()]
        if "#" not in keeps
        else []
    )
    definitions = "type T = {#x : Nat; #y : ?T}; " if "?T" in keeps else ""
    fields = "; ".join(f"stable {name} : {kind}" for name, kind in wanted) or f"stable {keeps.replace(':', ' : ', 1)}"
    expected = parse_stable(f"{definitions}actor {{ {fields} }};")
    found = parse_stable(text)
    assert compare_signatures(found, expected).edits == compare_signatures(expected, found).edits == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("persistent actor { let a = f() }", '"a" has no type', id="a value that computes"),
        pytest.param("persistent actor { let a = [1] }", '"a" has no type', id="an array"),
        pytest.param("persistent actor { let a = 1 : Nat8 }", '"a" has no type', id="an annotated value"),
        pytest.param("persistent actor { let a = 0x1.8 }", '"a" has no type', id="a hexadecimal float"),
        pytest.param("actor { var a : Nat = 1 }", "not `persistent`", id="a bare actor"),
        pytest.param("persistent actor { let (a, b) = (1, 2) }", "pattern", id="a pattern"),
        pytest.param("persistent actor { object o {} }", "object", id="an object"),
        pytest.param("persistent actor { public let f : shared () -> () = g }", "public", id="a public variable"),
        pytest.param("persistent actor { let f : shared () -> () = (func () {}) }", "no data", id="a function"),
        pytest.param("persistent actor { include M(); var a = 1 }", "mixin", id="a mixin"),
        pytest.param("(with migration = f) persistent actor { var a = 1 }", "migration", id="a migration"),
        pytest.param("persistent actor { var a : Nat }", "migrations give", id="a variable of a chain"),
        pytest.param("persistent actor class C<A>() { var a = 1 }", "type parameters", id="a generic class"),
        pytest.param("type T = Nat; persistent actor { var a = 1 }", "only imports", id="a type outside"),
        pytest.param('import M "mo:core/Map"; persistent actor { var a : M.Map = 1 }', "not known", id="a package"),
        pytest.param(
            'import M "gone"; persistent actor { var a : M.T = 1 }', "not known", id="a file that is not there"
        ),
        pytest.param('import M "two"; persistent actor { var a : M.T = 1 }', "not known", id="a file and a folder"),
        pytest.param('import M "no"; persistent actor { var a : M.T = 1 }', "not known", id="a file that is no Motoko"),
        pytest.param('import M "types"; persistent actor { var a : M.Hidden = 1 }', "not known", id="a private type"),
        pytest.param("persistent actor { class C() {}; let a : C = C() }", "not known", id="a class"),
        pytest.param("persistent actor { type T = A; type T = B; let a : T = 1 }", "not known", id="a type twice"),
        pytest.param("persistent actor { let a : Nat and Int = 1 }", "computed", id="and"),
        pytest.param("persistent actor { type T<A <: Nat> = A; let a : T<Nat> = 1 }", "bound", id="a bound"),
        pytest.param("persistent actor { let a : Nat -> Nat = f }", "stable", id="a local function"),
        pytest.param("persistent actor { let a = 1; let a = 2 }", "twice", id="a variable twice"),
        pytest.param("persistent actor { const a = 1 }", "not understood", id="a word that is not known"),
        pytest.param("module { }", "no actor", id="no actor"),
    ],
)
def test_what_is_in_doubt_is_not_told(text: str, why: str) -> None:
    with pytest.raises((Doubt, ParseError)) as raised:
        parse_stable(told({"main.mo": text, **BESIDE}))
    assert why in str(raised.value)


def test_what_is_told_is_what_the_compiler_makes() -> None:
    ask_skip_or_fail()
    answers, wrong = tell(11, COUNT)
    assert wrong == []
    assert answers["the same"] > COUNT // 3


@pytest.mark.parametrize("path", sorted(ROOT.glob("fixtures/**/*.mo")), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_every_program_at_hand_is_read(path: PurePath) -> None:
    text = (ROOT / path).read_text("utf-8")
    file = parse_source(text, path.name)
    assert file.unit is not None
    if file.unit.kind == "actor":
        public = [d.name for d in file.unit.inside if d.kind == "function" and "public" in d.marks]
        assert len(public) == text.count("\n  public ")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("actor { /* ", '1:9: this comment is never closed: "*/" is missing', id="a comment"),
        pytest.param('actor { let x = "a', "1:17: this text literal is never closed", id="a text"),
        pytest.param("actor { let x = 'a", "1:17: this character literal is never closed", id="a character"),
        pytest.param(
            "actor { let x = (1; }", '1:21: expected the bracket that closes the one before, found "}"', id="a bracket"
        ),
        pytest.param("actor { let x = (1", '1:17: ")" is missing', id="an open bracket"),
        pytest.param("actor { let x : Nat = 1; ", '1:7: this "{" is never closed', id="an open brace"),
        pytest.param("actor { } }", '1:11: expected a declaration, found "}"', id="a brace too many"),
        pytest.param("actor { let x : = 1 }", "1:17: expected ", id="no type"),
        pytest.param("actor {\n let x\0 = 1 }", "2:7: unknown character '\\x00' (U+0000)", id="NUL"),
        pytest.param("actor { let x = f(\0) }", "1:19: unknown character '\\x00' (U+0000)", id="NUL in a value"),
        pytest.param("\ufeffactor { }", "1:1: unknown character", id="a byte order mark"),
        pytest.param("\ue000", "1:1: unknown character", id="what stands for an expression"),
        pytest.param("module { " * 1_001, "1:9008: this is nested too deeply", id="modules in modules"),
    ],
)
def test_what_is_not_motoko(text: str, says: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse_source(text, "x.mo")
    assert str(raised.value).startswith(f"x.mo:{says}")


DEEP = 60_000


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"actor {{ let x = {'(' * DEEP}{')' * DEEP} }}", id="brackets"),
        pytest.param(f"actor {{ var x : {'?' * DEEP}Nat = null }}", id="options"),
        pytest.param(f"actor {{ var x : {'[' * DEEP}Nat{']' * DEEP} = 1 }}", id="arrays"),
        pytest.param(f"actor {{ func f() : {'<A>() -> ' * (DEEP // 10)}() {{}} }}", id="functions"),
        pytest.param(f"{'/*' * DEEP}{'*/' * DEEP} actor {{ }}", id="comments"),
        pytest.param(f"actor {{ var x : {'A.' * DEEP}B = 1 }}", id="dots"),
    ],
)
def test_deep_texts_are_read(text: str) -> None:
    assert parse_source(text, "x.mo").unit is not None


@pytest.mark.parametrize(
    "part",
    [
        pytest.param("func f(x : Nat, y : { a : Text }) : async [Nat] { let z = [1, 2]; z };\n", id="functions"),
        pytest.param('let x = f(\'\\\\\', "a\\"", { a = 1 });\n', id="values"),
        pytest.param("func f(((((((((((((((((( a", id="brackets that nothing closes"),
        pytest.param("let x : A<B<", id="angles that nothing closes"),
        pytest.param("/* /* */", id="comments that nothing closes"),
        pytest.param("func f(a : (A, B), (c, d) : C) {};\n", id="arguments that are read twice"),
    ],
)
def test_a_megabyte_takes_linear_time(part: str) -> None:
    def seconds(size: int) -> float:
        text = "actor {" + part * (size // len(part)) + "}"
        start = time.perf_counter()
        with suppress(ParseError):
            parse_source(text, "x.mo")
        return time.perf_counter() - start

    small = min(seconds(125_000) for _ in range(2))
    assert seconds(1_000_000) < max(0.5, 8 * small * 4)
