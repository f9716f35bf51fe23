// Objects that know each other: rows that can be changed in place, aliases, cycles, trees and deep chains.
import Map "mo:core/Map";
import List "mo:core/List";
import Nat "mo:core/Nat";

persistent actor {
  type Account = { id : Nat; var balance : Int; var friend : ?Account; var log : [var Text] };
  type View = { var balance : Int };
  type Tree = { #leaf; #node : { left : Tree; value : Nat; right : Tree } };
  type Comb = { value : Nat; next : { #end; #more : Comb } };

  let accounts = Map.empty<Nat, Account>();
  let recent = List.empty<Account>();
  var view : ?View = null;
  var tree : Tree = #leaf;
  var comb : Comb = { value = 0; next = #end };
  var versions : [[Nat]] = [];

  func account(i : Nat) : Account = { id = i; var balance = i; var friend = null; var log = [var] };
  func built(low : Nat, high : Nat) : Tree = if (low >= high) #leaf else {
    let middle = (low + high) / 2;
    #node { left = built(low, middle); value = middle; right = built(middle + 1, high) };
  };

  public func fill(n : Nat) : async () {
    for (i in Nat.range(0, n)) {
      let one = account(i);
      Map.add(accounts, Nat.compare, i, one);
      if (i % 3 == 0) List.add(recent, one);
    };
    tree := built(0, n);
    for (i in Nat.range(0, n)) comb := { value = i; next = #more comb };
    let items : [Nat] = [1, 2, 3];
    versions := [items, items, items];
  };
  public func befriend(a : Nat, b : Nat) : async () {
    let ?one = Map.get(accounts, Nat.compare, a) else return;
    one.friend := Map.get(accounts, Nat.compare, b);
    view := ?one;
  };
  public func copyRecent() : async () {
    let ?first = List.get(recent, 0) else return;
    List.put(recent, 0, { id = first.id; var balance = first.balance; var friend = first.friend; var log = first.log });
  };
  public func pay(a : Nat, by : Int) : async () {
    let ?one = Map.get(accounts, Nat.compare, a) else return;
    one.balance += by;
  };
};
