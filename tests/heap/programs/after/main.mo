// What `before` becomes: the migration takes `total` and `legacy` and gives `total` another type; one variable is new.
// After the upgrade `lose` does by hand what a wrong postupgrade would.
import Map "mo:core/Map";
import Nat "mo:core/Nat";
import Text "mo:core/Text";

(with migration = func(old : { var total : Nat; var legacy : Text }) : { var total : Text } = { var total = Nat.toText(old.total) # old.legacy })
persistent actor {
  var total : Text = "";
  let users = Map.empty<Nat, { name : Text; role : { #admin; #guest } }>();
  var settings : { limit : Nat; tags : [Text] } = { limit = 3; tags = ["a", "b"] };
  var fresh : [Nat] = [1, 2, 3];
  public func lose(key : Nat) : async () {
    ignore Map.delete(users, Nat.compare, key);
    settings := { limit = settings.limit; tags = ["a"] };
  };
  public func use() : async () { total := total # "!"; fresh := [] };
};
