// What the runtime of moc up to 2.2.0 takes for the same when an upgrade changes the types (Char and Nat32, () and ?T).
persistent actor {
  var letter : Char = 'A';
  var unit : () = ();
  var number : Nat32 = 65;
  public func use() : async () { letter := 'B'; unit := (); number += 1 };
};
