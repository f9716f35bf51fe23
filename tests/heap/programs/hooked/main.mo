// A program that changes its variables before an upgrade.
persistent actor {
  var a : Nat = 8;
  var list : ?(Nat, ?Nat) = ?(1, null);
  public func use() : async () { a += 1; list := null };
  system func preupgrade() { a += 1000 };
};
