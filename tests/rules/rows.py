"""Each kind of change that the tables of known consequences have, as an example, and what it falls under.

A row is a rule or several, or nothing at all: what is no change on the wire or in memory.
"""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One kind of change. place: `method`, or where the type stands. rules: all that the example falls under."""

    change: str
    place: str
    old: str
    new: str
    rules: tuple[str, ...]
    options: tuple[str, ...] = ()


def _both(
    change: str, old: str, new: str, argument: str, result: str, options: tuple[str, ...] = ()
) -> tuple[Row, Row]:
    """Return the rows of a type in an argument and in a result; "" where it is no change."""
    return (
        Row(change, "argument", f"m : ({old}) -> ()", f"m : ({new}) -> ()", tuple(argument.split()), options),
        Row(change, "result", f"m : () -> ({old})", f"m : () -> ({new})", tuple(result.split()), options),
    )


def _method(change: str, old: str, new: str, *rules: str) -> Row:
    return Row(change, "method", old, new, rules)


CANDID: tuple[Row, ...] = (
    _method("a method is added", "", "m : () -> ()", "C101"),
    _method("a method is removed", "m : () -> ()", "", "C102"),
    _method("a method is renamed", "m : () -> (nat)", "k : () -> (nat)", "C103"),
    _method("a method is spelled with other capitals", "listAll : () -> ()", "listall : () -> ()", "C103"),
    _method("an update becomes a query", "m : () -> ()", "m : () -> () query", "C104"),
    _method("a query becomes an update", "m : () -> () query", "m : () -> ()", "C105"),
    _method("a query becomes a composite query", "m : () -> () query", "m : () -> () composite_query", "C106"),
    _method("a composite query becomes a query", "m : () -> () composite_query", "m : () -> () query", "C106"),
    _method("a method becomes one-way", "m : () -> ()", "m : () -> () oneway", "C107"),
    _method("a method is one-way no longer", "m : () -> () oneway", "m : () -> ()", "C107"),
    _method("a trailing opt argument is added", "m : (nat) -> ()", "m : (nat, opt nat) -> ()", "C401"),
    _method("a trailing null argument is added", "m : (nat) -> ()", "m : (nat, null) -> ()", "C401"),
    _method("a trailing reserved argument is added", "m : (nat) -> ()", "m : (nat, reserved) -> ()", "C401"),
    _method("another trailing argument is added", "m : (nat) -> ()", "m : (nat, text) -> ()", "C402"),
    _method("an argument is put in front", "m : (nat) -> ()", "m : (text, nat) -> ()", "C402", "C505"),
    _method("arguments change places", "m : (nat, text) -> ()", "m : (text, nat) -> ()", "C505"),
    _method("a trailing argument is removed", "m : (nat, text) -> ()", "m : (nat) -> ()", "C403"),
    _method("a trailing result is added", "m : () -> (nat)", "m : () -> (nat, text)", "C411"),
    _method("a trailing opt result is removed", "m : () -> (nat, opt text)", "m : () -> (nat)", "C413"),
    _method("a trailing null result is removed", "m : () -> (nat, null)", "m : () -> (nat)", "C413"),
    _method("a trailing reserved result is removed", "m : () -> (nat, reserved)", "m : () -> (nat)", "C413"),
    _method("another trailing result is removed", "m : () -> (nat, text)", "m : () -> (nat)", "C414"),
    *_both("an opt field is added", "record { a : nat }", "record { a : nat; b : opt nat }", "C202", "C212"),
    *_both("a reserved field is added", "record { a : nat }", "record { a : nat; b : reserved }", "C202", "C212"),
    *_both("a required field is added", "record { a : nat }", "record { a : nat; b : nat }", "C203", "C201"),
    *_both("an opt field is removed", "record { a : nat; b : opt nat }", "record { a : nat }", "C204", "C205"),
    *_both("a reserved field is removed", "record { a : nat; b : reserved }", "record { a : nat }", "C204", "C205"),
    *_both("a null field is removed", "record { a : nat; b : null }", "record { a : nat }", "C204", "C206"),
    *_both("a required field is removed", "record { a : nat; b : nat }", "record { a : nat }", "C204", "C207"),
    *_both("a required field is renamed", "record { a : nat }", "record { b : nat }", "C209", "C209"),
    *_both("an opt field is renamed", "record { a : opt nat }", "record { b : opt nat }", "C210", "C210"),
    *_both("a case is added", "variant { a }", "variant { a; b }", "C301", "C305"),
    *_both("a case is added under opt", "opt variant { a }", "opt variant { a; b }", "C301", "C306"),
    *_both("a case is removed", "variant { a; b }", "variant { a }", "C303", "C302"),
    *_both("a case is removed under opt", "opt variant { a; b }", "opt variant { a }", "C307", "C302"),
    *_both("a case is renamed", "variant { a : nat }", "variant { b : nat }", "C304", "C304"),
    *_both("a case is renamed under opt", "opt variant { a : nat }", "opt variant { b : nat }", "C308", "C308"),
    *_both("nat becomes int", "nat", "int", "C501", "C502"),
    *_both("int becomes nat", "int", "nat", "C504", "C503"),
    *_both("nat becomes nat64", "nat", "nat64", "C505", "C505"),
    *_both("nat64 becomes nat", "nat64", "nat", "C505", "C505"),
    *_both("nat8 becomes nat16", "nat8", "nat16", "C505", "C505"),
    *_both("float32 becomes float64", "float32", "float64", "C505", "C505"),
    *_both("text becomes blob", "text", "blob", "C505", "C505"),
    *_both("a type is wrapped in opt", "nat", "opt nat", "C506", "C507"),
    *_both("an option is wrapped in opt", "opt nat", "opt opt nat", "C506", "C510"),
    *_both("reserved is wrapped in opt", "reserved", "opt reserved", "C510", "C513"),
    *_both("opt is taken away", "opt nat", "nat", "C509", "C508"),
    *_both("the type under opt changes", "opt nat", "opt text", "C510", "C510"),
    *_both("a type becomes reserved", "nat", "reserved", "C511", "C505"),
    *_both("reserved becomes a type", "reserved", "nat", "C505", "C513"),
    *_both("an option is retired as opt empty", "opt nat", "opt empty", "C510", "C512"),
    *_both("an option is retired as reserved", "opt nat", "reserved", "C511", "C510"),
    *_both("null becomes an option", "null", "opt nat", "C514", "C507"),
    *_both("int under opt becomes nat", "opt int", "opt nat", "C510", "C515"),
    *_both("a tuple is written as a record", "record { nat; text }", "record { 0 : nat; 1 : text }", "", ""),
    *_both("a tuple gets longer by an option", "record { nat }", "record { nat; opt nat }", "C202", "C212"),
    *_both("a tuple gets shorter by an option", "record { nat; opt nat }", "record { nat }", "C204", "C208"),
    *_both("a principal becomes a service", "principal", "service {}", "C505", "C505"),
    *_both("a service becomes a principal", "service {}", "principal", "C505", "C505"),
    *_both(
        "a principal becomes a service, candid 0.10.32",
        "principal", "service {}", "C505", "C601", ("service_is_principal",),
    ),
    *_both(
        "a service becomes a principal, candid 0.10.32",
        "service {}", "principal", "C601", "C505", ("service_is_principal",),
    ),
    *_both("a function reference takes more", "func () -> ()", "func (nat) -> ()", "C401", "C402"),
    *_both("a function reference takes less", "func (nat) -> ()", "func () -> ()", "C404", "C403"),
    *_both("a function reference returns more", "func () -> ()", "func () -> (nat)", "C412", "C411"),
    *_both("a function reference returns less", "func () -> (nat)", "func () -> ()", "C415", "C414"),
    *_both("a function reference changes its mode", "func () -> ()", "func () -> () query", "C104", "C104"),
    *_both(
        "a service reference has a method more",
        "service { a : () -> () }", "service { a : () -> (); b : () -> () }", "C109", "C101",
    ),
    *_both(
        "a service reference has a method less",
        "service { a : () -> (); b : () -> () }", "service { a : () -> () }", "C108", "C102",
    ),
    *_both("a name becomes its hash", "record { a : nat }", "record { 97 : nat }", "C211", "C211"),
    *_both("fields change places", "record { a : nat; b : text }", "record { b : text; a : nat }", "", ""),
    *_both("blob is written as vec nat8", "blob", "vec nat8", "", ""),
    _method("arguments get other names", "m : (a : nat) -> ()", "m : (b : nat) -> ()"),
    _method("methods change places", "a : () -> (); b : () -> ()", "b : () -> (); a : () -> ()"),
    _method("comments change", "m : () -> ()", "/* c */ m : () -> ()"),
)  # fmt: skip

# Rows whose texts are more than methods.
CANDID_TEXTS: tuple[Row, ...] = (
    Row("a type is renamed", "text", "type A = nat; service : { m : (A) -> () }", "type B = nat; service : { m : (B) -> () }", ()),
    Row("an alias is inlined", "text", "type A = nat; service : { m : (A) -> () }", "service : { m : (nat) -> () }", ()),
    Row("the installation takes another argument", "text", "service : () -> {}", "service : (nat) -> {}", ("C407",)),
    Row("the installation's argument changes", "text", "service : (nat) -> {}", "service : (text) -> {}", ("C407",)),
    Row("a type in an argument and in a result gains an option", "text", "type T = record { a : nat }; service : { m : (T) -> (T) }", "type T = record { a : nat; b : opt nat }; service : { m : (T) -> (T) }", ("C202", "C212")),
    Row("a type in an argument and in a result gains a case", "text", "type T = variant { a }; service : { m : (T) -> (T) }", "type T = variant { a; b }; service : { m : (T) -> (T) }", ("C301", "C305")),
    Row("the checker's memo says yes to what is false", "text", "type D = vec B; type B = record { 0 : D; 1 : text }; service : { a : () -> (opt B); b : () -> (D) }", "type C = vec A; type A = record { 0 : C; 1 : nat }; service : { a : () -> (opt A); b : () -> (C) }", ("C505", "C510")),
    Row("an import is not followed", "text", "service : {}", 'import "a.did"; service : {}', ("C904",)),
)  # fmt: skip


def _stable(change: str, old: str, new: str, *rules: str) -> Row:
    return Row(change, "variable", f"stable var x : {old}", f"stable var x : {new}", rules)


STABLE: tuple[Row, ...] = (
    Row("a public function is added or removed", "variable", "stable var x : Nat", "stable var x : Nat", ()),
    _stable("an actor reference gains a method", "actor {a : shared () -> async ()}", "actor {a : shared () -> async (); b : shared () -> async ()}", "S604"),
    _stable("an actor reference loses a method", "actor {a : shared () -> async (); b : shared () -> async ()}", "actor {a : shared () -> async ()}", "S603"),
    _stable("a record gains an option", "{a : Nat}", "{a : Nat; b : ?Nat}", "S201"),
    _stable("a record gains a required field", "{a : Nat}", "{a : Nat; b : Nat}", "S208"),
    _stable("a variant gains a case", "{#a}", "{#a; #b}", "S110"),
    _stable("a variant under var gains a case", "{var f : {#a}}", "{var f : {#a; #b}}", "S303"),
    _stable("a variant in a mutable array gains a case", "[var {#a}]", "[var {#a; #b}]", "S303"),
    _stable("a variant that a stored function takes gains a case", "shared {#a} -> async ()", "shared {#a; #b} -> async ()", "S304"),
    _stable("an initialiser infers another type", "Nat", "Int", "S120"),
    _stable("a library's record type changes", "{root : Nat}", "{root : Nat; size : Nat}", "S208"),
    _stable("a stored function becomes a query", "shared () -> async ()", "shared query () -> async ()", "S601"),
    _stable("a stored function takes more", "shared () -> async ()", "shared Nat -> async ()", "S601"),
    _stable("a stored function takes less", "shared Int -> async ()", "shared Nat -> async ()", "S305"),
    _stable("a stored function takes another type", "shared Nat -> async ()", "shared Text -> async ()", "S602"),
    _stable("an actor reference's method is renamed", "actor {a : shared Nat -> async ()}", "actor {b : shared Nat -> async ()}", "S605"),
    _stable("a record loses a field", "{a : Nat; b : Nat}", "{a : Nat}", "S202"),
    Row("a variable is removed", "variable", "stable var x : Nat", "", ("S401",)),
    _stable("a field is renamed", "{a : Nat}", "{b : Nat}", "S203"),
    _stable("a variant loses a case", "{#a; #b}", "{#a}", "S301"),
    _stable("a case is renamed", "{#a : Nat}", "{#b : Nat}", "S302"),
    _stable("a case holds more", "{#a : Nat}", "{#a : Int}", "S120"),
    _stable("a case holds something else", "{#a : Nat}", "{#a : Text}", "S501"),
    Row("a variable is renamed", "variable", "stable var x : Nat", "stable var y : Nat", ("S402",)),
    Row("a variable becomes let", "variable", "stable var x : Nat", "stable x : Nat", ()),
    _stable("Nat becomes Int", "Nat", "Int", "S120"),
    _stable("Nat becomes Int under var", "{var f : Nat}", "{var f : Int}", "S506"),
    _stable("Int becomes Nat", "Int", "Nat", "S502"),
    _stable("Nat becomes Nat64", "Nat", "Nat64", "S501"),
    _stable("Float becomes Int", "Float", "Int", "S501"),
    _stable("Text becomes Blob", "Text", "Blob", "S501"),
    _stable("Blob becomes [Nat8]", "Blob", "[Nat8]", "S501"),
    _stable("T becomes ?T", "Nat", "?Nat", "S503"),
    _stable("?T becomes T", "?Nat", "Nat", "S504"),
    _stable("T becomes Any", "{a : Nat}", "{a : Any}", "S505"),
    _stable("an array becomes mutable", "[Nat]", "[var Nat]", "S204"),
    _stable("an array becomes immutable", "[var Nat]", "[Nat]", "S204"),
    _stable("a field becomes mutable", "{a : Nat}", "{var a : Nat}", "S204"),
    _stable("a tuple becomes a record", "(Nat, Nat)", "{a : Nat; b : Nat}", "S501"),
    _stable("a tuple grows", "(Nat, Nat)", "(Nat, Nat, Nat)", "S205"),
    _stable("a tuple shrinks", "(Nat, Nat, Nat)", "(Nat, Nat)", "S206"),
    _stable("another map library is used", "{var table : [var ?(Text, Nat)]}", "{var root : {#leaf; #node : Nat}}", "S202", "S208"),
    Row("a variable becomes transient", "variable", "stable var x : Nat; stable var y : Nat", "stable var y : Nat", ("S401",)),
    Row("a variable is stable now", "variable", "stable var y : Nat", "stable var x : Nat; stable var y : Nat", ("S101",)),
    Row("an actor becomes an actor class", "variable", "stable var x : Nat", "stable var x : Nat", ()),
    Row("variables change places", "variable", "stable var x : Nat; stable var y : Int", "stable var y : Int; stable var x : Nat", ()),
    _stable("Null becomes an option", "Null", "?Nat", "S121"),
    _stable("None becomes anything", "[None]", "[Nat]", "S122"),
    _stable("Char becomes Nat32", "Char", "Nat32", "S501"),
    _stable("() becomes Null", "()", "Null", "S501"),
    _stable("Null becomes an option under var", "{var a : Null}", "{var a : ?Nat}", "S506"),
    _stable("a type field changes", "{type T = Nat; a : Nat}", "{type T = Int; a : Nat}", "S207"),
    _stable("a variable is Any", "Any", "Any", "S403"),
)  # fmt: skip

# Rows whose texts are more than variables.
STABLE_TEXTS: tuple[Row, ...] = (
    Row("a type is renamed", "text", "type A = {a : Nat}; actor {stable x : A};", "type B = {a : Nat}; actor {stable x : B};", ()),
    Row("a recursive type is unrolled", "text", "type L = ?(Nat, L); actor {stable x : L};", "type L = ?(Nat, ?(Nat, L)); actor {stable x : L};", ()),
    Row("a migration consumes a variable", "text", "actor {stable x : Nat};", "actor ({in x : Nat}, {stable x : Text});", ("S404",)),
    Row("a migration needs what is not there", "text", "actor {};", "actor ({in x : Nat}, {stable x : Nat});", ("S406",)),
    Row("a chain drops a variable", "text", "actor {stable x : Nat};", '{"1" : {x : Nat} -> {}} actor {};', ("S405",)),
    Row("a chain is removed", "text", '{"1" : {} -> {x : Nat}} actor {stable x : Nat};', "actor {stable x : Nat};", ("S701",)),
    Row("a variable is new behind the same last migration", "text", '{"1" : {} -> {x : Nat}} actor {stable x : Nat};', '{"1" : {} -> {x : Nat}} actor {stable x : Nat; stable y : Nat};', ("S407",)),
    Row("a half is unsorted", "text", "actor {stable x : Nat; stable y : Nat};", "actor ({stable y : Nat; stable x : Nat}, {stable x : Nat; stable y : Nat});", ("S702",)),
    Row("moc takes two weak types for equal", "text", "actor {stable x : {a : weak {f : Nat}; b : weak {g : Text}}};", "actor {stable x : {a : weak {f : Nat}; b : weak {g : Nat}}};", ("S501",)),
)  # fmt: skip
