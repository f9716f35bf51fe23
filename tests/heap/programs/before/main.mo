// A small state before an upgrade with a migration; see `after`.
import Map "mo:core/Map";
import Nat "mo:core/Nat";

persistent actor {
  var total : Nat = 7;
  var legacy : Text = "old";
  let users = Map.empty<Nat, { name : Text; role : { #admin; #guest } }>();
  var settings : { limit : Nat; tags : [Text] } = { limit = 3; tags = ["a", "b"] };
  public func fill(n : Nat) : async () {
    for (i in Nat.range(0, n)) Map.add(users, Nat.compare, i, { name = "user " # Nat.toText(i); role = if (i == 0) #admin else #guest });
  };
  public func use() : async () { total += 1; legacy := legacy # "."; settings := { settings with limit = 4 } };
};
