// What the runtime of moc up to 2.2.0 lets `holes` become: it reads a Char as a Nat32, and () as an option.
persistent actor {
  var letter : Nat32 = 0;
  var unit : ?Nat = null;
  var number : Nat32 = 0;
  public func use() : async () { letter += 1; unit := ?1; number += 1 };
};
