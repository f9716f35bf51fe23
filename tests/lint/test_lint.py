"""What each lint finds in a program, a chain, a script, and what it leaves alone."""

from __future__ import annotations

import pytest

from analyzer.lint.chain import added_again
from analyzer.lint.code import Actor, code_only
from analyzer.lint.finding import report
from analyzer.lint.hooks import hooks
from analyzer.lint.libraries import Bump, libraries
from analyzer.lint.persistence import persistence
from analyzer.lint.scripts import scripts
from analyzer.lint.timers import timers
from analyzer.lint.variables import variables
from analyzer.motoko.source.parse import parse_source

TIMER = 'import Timer "mo:core/Timer";\n'
SET = "Timer.recurringTimer<system>(#seconds 60, tick)"
TICK = "func tick() : async () {};"


def actor(text: str) -> Actor:
    return Actor(parse_source(text, "main.mo"))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        pytest.param("system func preupgrade() {};", ["preupgrade"], id="before"),
        pytest.param("system func postupgrade() {};", ["postupgrade"], id="after"),
        pytest.param("system func heartbeat() : async () {};", [], id="another system function"),
        pytest.param("func preupgrade() {};", [], id="a function of that name"),
        pytest.param('/* system func preupgrade() {}; */ let a = "system func preupgrade() {};";', [], id="comments and texts are no code"),
    ],
)  # fmt: skip
def test_hooks(body: str, found: list[str]) -> None:
    assert [one.name for one in hooks(actor(f"persistent actor {{ {body} }};"))] == found


@pytest.mark.parametrize(
    ("head", "body", "found"),
    [
        pytest.param("persistent actor", f"transient let _t = {SET}; {TICK}", [], id="a transient variable sets it again"),
        pytest.param("persistent actor", f"let t = {SET}; {TICK}", ["t"], id="a kept variable sets it once and for all"),
        pytest.param("actor", f"stable var n : Nat = 0; let t = {SET}; {TICK}", [], id="in an actor that says what is stable, others are not"),
        pytest.param("persistent actor", f"ignore {SET}; {TICK}", [], id="a statement runs at each start"),
        pytest.param("persistent actor", f"public func start() : async () {{ ignore {SET} }}; {TICK}", ["start"], id="only a call sets it"),
        pytest.param("persistent actor", f"func arm() {{ ignore {SET} }}; arm(); {TICK}", [], id="a statement calls what sets it"),
        pytest.param("persistent actor", f"func arm() {{ ignore {SET} }}; func go() {{ arm() }}; system func postupgrade() {{ go() }}; {TICK}", [], id="postupgrade leads there"),
        pytest.param("persistent actor", f"func arm() {{ ignore {SET} }}; public func go() : async () {{ arm() }}; {TICK}", ["arm"], id="only a call leads there"),
        pytest.param("persistent actor", "transient let _t = Timer.setTimer<system>(#seconds 1, again); func again() : async () { ignore Timer.setTimer<system>(#seconds 1, again) };", [], id="a timer that sets itself again"),
        pytest.param("persistent actor", f'public func f() : async Text {{ "{SET}" }}; // {SET}\n', [], id="texts and comments set nothing"),
        pytest.param("persistent actor", "public func stop() : async () { Timer.cancelTimer(0) };", [], id="one that is cancelled"),
    ],
)  # fmt: skip
def test_timers(head: str, body: str, found: list[str]) -> None:
    assert [one.name for one in timers(actor(f"{TIMER}{head} {{ {body} }};"))] == found


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        pytest.param("x = 0", "initialiser_inferred", id="0 is a Nat"),
        pytest.param("x = -1", "initialiser_inferred", id="-1 is an Int"),
        pytest.param("x = null", "initialiser_inferred", id="null is of type Null"),
        pytest.param("x = []", "initialiser_inferred", id="no elements, of type None"),
        pytest.param("x = #on", "initialiser_inferred", id="one case"),
        pytest.param("x = { a = 0 }", "initialiser_inferred", id="a record"),
        pytest.param("x = if true #a else #b", "initialiser_inferred", id="a choice"),
        pytest.param('x = ""', None, id="a text stays a text"),
        pytest.param("x = false", None, id="so does a truth value"),
        pytest.param("x = Map.empty<Text, Nat>()", None, id="a call that says its types"),
        pytest.param("x : Nat = 0", None, id="a written type"),
        pytest.param("x : Any = 0", "any_declared", id="Any"),
        pytest.param("x : [Any] = []", None, id="Any inside is kept, as far as it goes"),
    ],
)
def test_variables(value: str, kind: str | None) -> None:
    for head, found in (("var", [kind] if kind else []), ("transient var", [])):
        assert [one.kind for one in variables(actor(f"persistent actor {{ {head} {value}; }};"))] == found


def steps(*texts: tuple[str, str]) -> dict[str, str]:
    return {
        str(i): f"module {{ public func migration(old : {a}) : {b} {{ loop {{}} }} }};"
        for i, (a, b) in enumerate(texts, 1)
    }


@pytest.mark.parametrize(
    ("chain", "found"),
    [
        pytest.param(steps(("{ a : Nat }", "{}"), ("{}", "{ a : Nat }")), ["a"], id="dropped and made again"),
        pytest.param(steps(("{ a : Nat }", "{}"), ("{}", "{ b : Nat }"), ("{}", "{ a : Text }")), ["a"], id="later"),
        pytest.param(steps(("{ a : Nat }", "{ a : Text }"), ("{ a : Text }", "{ a : Nat }")), [], id="converted and converted back"),
        pytest.param(steps(("{ a : Nat }", "{ b : Nat }"), ("{ b : Nat }", "{}")), [], id="dropped for good"),
    ],
)  # fmt: skip
def test_a_chain(chain: dict[str, str], found: list[str]) -> None:
    files = {label: parse_source(text, f"{label}.mo") for label, text in chain.items()}
    assert [one.name for one in added_again(files)] == found


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param("dfx canister install r --mode reinstall --network ic", 1, id="dfx"),
        pytest.param("dfx deploy r --ic -m reinstall -y", 1, id="short"),
        pytest.param("icp deploy r --environment production --mode=reinstall", 1, id="icp-cli"),
        pytest.param("DFX_NETWORK=ic dfx deploy --mode reinstall", 1, id="by the environment"),
        pytest.param("dfx deploy \\\n  --mode reinstall \\\n  --network ic", 1, id="on several lines"),
        pytest.param('"deploy": "dfx deploy --mode reinstall --network ic"', 1, id="in package.json"),
        pytest.param("a --mode reinstall --network ic; b --mode reinstall --network ic", 2, id="two of them"),
        pytest.param("dfx deploy --mode reinstall", 0, id="on the local network"),
        pytest.param("dfx deploy --mode reinstall && dfx deploy --network ic", 0, id="another command is on mainnet"),
        pytest.param("# dfx deploy --mode reinstall --network ic", 0, id="a comment"),
        pytest.param("dfx deploy --mode upgrade --network ic", 0, id="an upgrade"),
        pytest.param("dfx deploy --mode reinstall --network icelocal", 0, id="a network whose name begins like it"),
    ],
)
def test_scripts(text: str, count: int) -> None:
    found = list(scripts(text, "deploy.sh", "deploy.sh"))
    assert len(found) == count
    assert len(report("scripts", found).edits) == count


@pytest.mark.parametrize(
    ("now", "before", "found"),
    [
        pytest.param("classical", "classical", ["persistence_classical"], id="classical"),
        pytest.param("classical", None, ["persistence_classical"], id="classical, and nothing to compare with"),
        pytest.param("eop", "classical", ["persistence_switched"], id="the one way"),
        pytest.param(
            "classical", "eop", ["persistence_classical", "persistence_switched"], id="the way that there is not"
        ),
        pytest.param("eop", "eop", [], id="as before"),
        pytest.param("eop", None, [], id="nothing to compare with"),
    ],
)
def test_persistence(now: str, before: str | None, found: list[str]) -> None:
    assert [one.kind for one in persistence(now, before, "{}", "dfx.json", "dfx.json")] == found  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        pytest.param("let m : Map.Map<Text, Nat> = Map.new();", ["m"], id="of its type"),
        pytest.param("let m = Map.new<Text, Nat>();", ["m"], id="of its first value's"),
        pytest.param("type Users = Map.Map<Text, Nat>; var users : Users = Map.new();", ["users"], id="behind a name"),
        pytest.param("let t : Types.State = Types.empty();", ["t"], id="behind another file"),
        pytest.param("transient let m : Map.Map<Text, Nat> = Map.new();", [], id="what is not kept"),
        pytest.param("var n : Nat = 0; func f() { ignore Map.new<Text, Nat>() };", [], id="what is only used"),
    ],
)
def test_libraries(body: str, found: list[str]) -> None:
    text = f'import Map "mo:map/Map";\nimport Types "Types";\npersistent actor {{ {body} }};'
    brought = {"mo:map/Map": {"map"}, "Types": {"map", "other"}}
    bumps = {"map": Bump("9.0.0", "10.0.0")}
    assert [one.name for one in libraries(actor(text), bumps, brought.__getitem__)] == found
    assert list(libraries(actor(text), {}, brought.__getitem__)) == []


def test_blanked_code_keeps_its_places() -> None:
    text = 'a /* x /* y */ " */ b // c\n"d\\"e" f \'"\' g'
    assert code_only(text).split() == ["a", "b", "f", "g"]
    assert len(code_only(text)) == len(text)


def test_two_alike_have_fingerprints_of_their_own_and_lines_do_not_count() -> None:
    first = report("c", scripts("a --mode reinstall --ic; b --mode reinstall --ic", "d.sh", "d.sh"))
    moved = report("c", scripts("\n\na --mode reinstall --ic\n", "d.sh", "d.sh"))
    prints = [[o.fingerprint for e in one.edits for o in e.occurrences] for one in (first, moved)]
    assert len(set(prints[0])) == 2
    assert prints[1][0] in prints[0]
