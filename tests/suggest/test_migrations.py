"""What a stored value becomes, for each pair of types: the text of the migration."""

from __future__ import annotations

import re
import time

import pytest

from analyzer.motoko.parse import parse_stable
from analyzer.suggest.convert import TooLarge
from analyzer.suggest.migration import Suggestion, suggest


def suggested(old: str, new: str) -> Suggestion:
    """Return the migration between two signatures, given as what stands in their braces or whole."""
    texts = [f"actor {{ {text} }};" if text.startswith("stable") else text for text in (old, new)]
    sides = [parse_stable(text) for text in texts]
    found = suggest(*sides)
    assert found is not None
    return found


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        pytest.param("{a : Nat}", "{a : Nat; b : ?Text}", "{ old.v with b = null }", id="an optional field is null, and nobody is asked"),
        pytest.param("{a : Nat}", "{a : Int; b : Nat}", "{ old.v with // CHECK: nothing was kept for `b`: choose a value b = 0; }", id="a required field is marked"),
        pytest.param("{a : Nat; b : Text}", "{a : Int}", "{ a = old.v.a }", id="a field less is a record that is written out"),
        pytest.param("[var Nat]", "[var Int]", "VarArray.tabulate<Int>(old.v.size(), func(i) = old.v[i])", id="a mutable array is copied"),
        pytest.param("[Nat]", "[var Nat]", "Array.toVarArray<Nat>(old.v)", id="an array becomes mutable"),
        pytest.param("[{a : Nat}]", "[{a : Nat; b : ?Nat}]", "Array.tabulate<{a : Nat; b : ?Nat}>(old.v.size(), func(i) = { old.v[i] with b = null })", id="each entry of an array"),
        pytest.param("Nat", "?Nat", "?old.v", id="what becomes optional is there"),
        pytest.param("?Nat", "Nat", "switch (old.v) { case (?x) x; // CHECK: where it was null: choose a value case null 0; }", id="null needs a value"),
        pytest.param("{#a; #b}", "{#a : Nat; #b}", "case (#a) #a(/* CHECK: nothing was kept for `#a`: choose a value */ 0); case (#b) #b;", id="a case that carries something now"),
        pytest.param("{#a; #b : Nat}", "{#a; #c : Int}", "switch (old.v) { case (#a) #a; // CHECK: taken for `#b`, renamed case (#b x) #c(x); }", id="a case with another name"),
        pytest.param("Nat8", "Nat", "Nat8.toNat(old.v)", id="wider"),
        pytest.param("Nat8", "Nat16", "Nat16.fromNat(Nat8.toNat(old.v))", id="wider, of a fixed width"),
        pytest.param("Nat", "Nat8", "// CHECK: what is above 255 becomes 255 v = if (old.v > 255) 255 else Nat8.fromNat(old.v)", id="narrower: the nearest, marked"),
        pytest.param("Int", "Nat", "if (old.v < 0) 0 else Int.abs(old.v)", id="no longer negative"),
        pytest.param("Int8", "Nat64", "if (old.v < 0) 0 else Nat64.fromNat(Int.abs(Int8.toInt(old.v)))", id="a sign less, more bits"),
        pytest.param("Nat32", "Text", "Nat32.toText(old.v)", id="a number as text"),
        pytest.param("Text", "Nat", "switch (Nat.fromText(old.v)) { case (?y) y; case null 0 }", id="a text as a number, which may fail"),
        pytest.param("Text", "Blob", "Text.encodeUtf8(old.v)", id="text as bytes"),
        pytest.param("Blob", "[Nat8]", "Blob.toArray(old.v)", id="bytes as an array"),
        pytest.param("Bool", "Nat", "// CHECK: a Bool: choose a value v = 0", id="what has nothing in common"),
        pytest.param("(Nat, Text)", "(Int, Text, ?Nat)", "(old.v.0, old.v.1, null)", id="an item more"),
        pytest.param("actor {a : shared () -> ()}", "actor {b : shared () -> ()}", "actor (Principal.toText(Principal.fromActor(old.v)))", id="a reference to a canister stays one"),
        pytest.param("Principal", "weak Nat", 'Runtime.trap("write this part of the migration")', id="where no value can be written it traps, and says so"),
    ],
)  # fmt: skip
def test_a_conversion(old: str, new: str, value: str) -> None:
    found = suggested(f"stable v : {old}", f"stable v : {new}")
    assert value in flat(found.module)


CORE = """
type List<T> = {var blocks : [var [var ?T]]; var blockIndex : Nat; var elementIndex : Nat};
type QueueNode<T> = {value : T; var next : ?QueueNode<T>; var previous : ?QueueNode<T>};
type Queue<T> = {var front : ?QueueNode<T>; var back : ?QueueNode<T>; var size : Nat};
type PureList<T> = ?(T, PureList<T>);
type Stack<T> = {var top : PureList<T>; var size : Nat};
type Data<K, V> = {kvs : [var ?(K, V)]; var count : Nat};
type Node<K, V> = {#leaf : {data : Data<K, V>}; #internal : {data : Data<K, V>; children : [var ?Node<K, V>]}};
type Map<K, V> = {var root : Node<K, V>; var size : Nat};
type Tree<K, V> = {#red : (Tree<K, V>, K, V, Tree<K, V>); #black : (Tree<K, V>, K, V, Tree<K, V>); #leaf};
type PureMap<K, V> = {size : Nat; root : Tree<K, V>};
"""


@pytest.mark.parametrize(
    ("container", "value"),
    [
        pytest.param("List<{}>", "List.map<Old, New>(old.v, new)", id="List"),
        pytest.param("Queue<{}>", "Queue.map<Old, New>(old.v, new)", id="Queue, whose nodes lead back to one another"),
        pytest.param("Stack<{}>", "Stack.map<Old, New>(old.v, new)", id="Stack"),
        pytest.param("PureList<{}>", "PureList.map<Old, New>(old.v, new)", id="pure/List, which may be long"),
        pytest.param("Map<Text, {}>", "Map.map<Text, Old, New>(old.v, func(_, x) = new(x))", id="Map"),
        pytest.param("PureMap<Nat, {}>", "PureMap.map<Nat, Old, New>(old.v, func(_, x) = new(x))", id="pure/Map"),
    ],
)
def test_a_container_is_mapped_entry_by_entry(container: str, value: str) -> None:
    texts = [
        f"{CORE} type Old = {{a : Nat}}; type New = {{a : Nat; b : ?Nat}}; actor {{ stable v : {container.format(name)} }};"
        for name in ("Old", "New")
    ]
    found = suggested(*texts)
    assert value in found.module
    assert found.checks == ()


def test_keys_that_change_keep_their_places_and_are_told_of() -> None:
    found = suggested(
        f"{CORE} actor {{ stable v : Map<{{#a}}, Nat> }};", f"{CORE} actor {{ stable v : Map<{{#a; #b}}, Nat> }};"
    )
    assert "Map.map" not in found.module
    assert any("order" in check for check in found.checks)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        pytest.param("stable a : Nat", "stable a : Text", {"a": "converted"}, id="converted"),
        pytest.param("stable a : Nat; stable b : Text", "stable a : Text; stable b : Text", {"a": "converted", "b": "kept"}, id="what fits is not touched"),
        pytest.param("stable a : Nat; stable k : Bool", "stable b : Int; stable k : Bool", {"b": "renamed", "k": "kept"}, id="renamed, and wider"),
        pytest.param("stable a : Nat; stable k : [Text]", "stable k : [Text]", {"a": "dropped", "k": "kept"}, id="dropped"),
        pytest.param("stable a : Nat", "stable a : Text; stable n : [Nat]", {"a": "converted", "n": "new"}, id="a new one is left to its initialiser"),
        pytest.param("stable a : Nat; stable b : Nat", "stable c : Nat; stable d : Nat", {"a": "dropped", "b": "dropped", "c": "new", "d": "new"}, id="which one was renamed nobody can tell"),
    ],
)  # fmt: skip
def test_what_becomes_of_variables(old: str, new: str, what: dict[str, str]) -> None:
    assert {one.name: one.what for one in suggested(old, new).variables} == what


def test_a_dropped_variable_is_marked() -> None:
    found = suggested("stable a : Nat; stable k : [Text]", "stable k : [Text]")
    assert found.made == ()
    assert "// CHECK: `a` is consumed and not produced: all that it holds is dropped" in found.module


def test_a_step_of_a_chain_gives_new_variables_their_first_value() -> None:
    old = '{ "1" : {} -> {a : Nat} } actor { stable a : Nat };'
    new = '{ "1" : {} -> {a : Nat} } actor { stable a : Nat; stable n : ?Text; stable m : Nat };'
    found = suggested(old, new)
    assert found.form == "step"
    assert "public func migration(_old : {})" in found.module
    assert "n = null;" in found.module
    assert "// CHECK: the first value of `m`: choose a value" in found.module


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("stable a : Nat", "stable a : Int", id="wider"),
        pytest.param("stable a : Nat", "stable var a : Nat", id="a variable of the actor may become mutable"),
        pytest.param("stable a : Nat", "stable a : Nat; stable b : Nat", id="a variable more"),
    ],
)
def test_nothing_is_suggested_where_all_fits(old: str, new: str) -> None:
    assert suggest(*[parse_stable(f"actor {{ {text} }};") for text in (old, new)]) is None


def test_types_keep_their_names_and_say_which_side_they_are_of() -> None:
    types = "type Id__1 = Nat; type User__2 = {id : Id__1; role : Role__3}; type Role__3 = {#admin};"
    found = suggested(
        f"{types} actor {{ stable users : [User__2] }};",
        f"{types.replace('role', 'age : ?Nat; role')} actor {{ stable users : [User__2] }};",
    )
    assert "type NewUser = {age : ?Nat; id : Nat; role : Role};" in found.module
    assert "type OldUser = {id : Nat; role : Role};" in found.module
    assert "__" not in found.module


def test_a_list_of_ones_own_is_told_to_be_rehearsed() -> None:
    old, new = (f"type L = ?{{v : {v}; next : L}}; actor {{ stable l : L }};" for v in ("Text", "?Text"))
    assert any("calls itself for each level" in note for note in suggested(old, new).notes)


def test_types_that_are_too_deep_are_refused_in_words() -> None:
    old, new = ("{v : " * 60 + kind + "}" * 60 for kind in ("Nat", "Text"))
    with pytest.raises(TooLarge, match="levels deep"):
        suggested(f"stable v : {old}", f"stable v : {new}")


def test_a_text_of_the_file_cannot_end_a_comment() -> None:
    found = suggested("stable a : {#x}", "stable a : {#y : Nat}")
    assert "*/" not in found.module.replace(" */ ", "")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("actor { stable v : Nat };", f"type D<T> = (T, T); actor {{ stable v : {'D<' * 18}Text{'>' * 18} }};", id="a default with 2^18 parts"),
        pytest.param(
            "actor { stable v : Nat };",
            "".join(f"type T{i} = {{#a : T{(i + 1) % 19}; #b : T{(i + 1) % 19}}};" for i in range(19)) + "actor { stable v : T0 };",
            id="2^19 ways to no value",
        ),
        pytest.param(
            f"actor {{ stable v : {{{'; '.join(f'a{i} : Nat' for i in range(1000))}}} }};",
            f"actor {{ stable v : {{{'; '.join(f'b{i} : Text' for i in range(1000))}}} }};",
            id="a million pairs that may be renamed",
        ),
    ],
)  # fmt: skip
def test_what_is_made_to_take_long_does_not(old: str, new: str) -> None:
    started = time.monotonic()
    assert len(suggested(old, new).module) < 1_000_000
    assert time.monotonic() - started < 10
