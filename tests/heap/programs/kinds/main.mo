// Every type that may be kept, each at its edges; `put` sets one record of all that Candid can say.
import Region "mo:core/Region";
import WeakReference "mo:core/WeakReference";
import Principal "mo:core/Principal";

persistent actor Kinds {
  type Deep = { #end; #more : { here : Int; below : Deep } };
  type Chain = ?(Nat, Chain);
  type Ring = { name : Text; var next : ?Ring };
  type Pair<A, B> = { first : A; second : B };
  type Swap<A, B> = { value : A; other : ?Swap<B, A> };
  type Everything = {
    nat : Nat; int : Int;
    nat8 : Nat8; nat16 : Nat16; nat32 : Nat32; nat64 : Nat64;
    int8 : Int8; int16 : Int16; int32 : Int32; int64 : Int64;
    float : Float; bool : Bool; text : Text; blob : Blob; principal : Principal;
    option : ??Text; unitOption : ?(); items : [Int]; pairs : [(Text, Nat)];
    kind : { #none; #one : Nat; #two : (Text, Int); #size_ : ?Nat64 };
    _5_ : Nat; size_ : Text;
  };

  var everything : ?Everything = null;
  var put_ : Nat = 0;

  let zero : Nat = 0;
  let largestCompact : Nat = 2_305_843_009_213_693_951;
  let smallestBig : Nat = 2_305_843_009_213_693_952;
  let huge : Nat = 2 ** 300 + 12_345;
  let lowestCompact : Int = -2_305_843_009_213_693_952;
  let highestNegativeBig : Int = -2_305_843_009_213_693_953;
  let deepNegative : Int = -(3 ** 200);
  let nat8 : Nat8 = 255;
  let nat16 : Nat16 = 65_535;
  let nat32 : Nat32 = 4_294_967_295;
  let nat64 : Nat64 = 18_446_744_073_709_551_615;
  let nat64Compact : Nat64 = 1_152_921_504_606_846_975;
  let nat64Boxed : Nat64 = 1_152_921_504_606_846_976;
  let int8 : Int8 = -128;
  let int16 : Int16 = -32_768;
  let int32 : Int32 = -2_147_483_648;
  let int64 : Int64 = -9_223_372_036_854_775_808;
  let int64Compact : Int64 = -576_460_752_303_423_488;
  let float : Float = 1.5;
  let negativeZero : Float = -0.0;
  let notANumber : Float = 0.0 / 0.0;
  let infinity : Float = 1.0 / 0.0;
  let yes : Bool = true;
  let no : Bool = false;
  let char : Char = 'A';
  let emoji : Char = '\u{1F600}';
  let unit : () = ();
  let nothing : Null = null;
  var any : Any = 5;
  let text : Text = "grüß \"dich\" \\ \u{0}";
  var rope : Text = "";
  let blob : Blob = "\00\ff\10";
  let none : ?Nat = null;
  let some : ?Nat = ?7;
  let someNull : ??Nat = ?null;
  let someSome : ??Nat = ??7;
  let three : ???Bool = ???false;
  let threeNull : ???Bool = ??null;
  let optionOfNull : ?Null = ?null;
  let optionOfUnit : ?() = ?();
  let self : Principal = Principal.fromActor(Kinds);
  let me : actor { get : shared query () -> async Nat } = Kinds;
  let callback : shared query () -> async Nat = Kinds.get;
  let emptyRecord : {} = {};
  let record : { a : Nat; b : { c : Text } } = { a = 1; b = { c = "x" } };
  let mutableRecord : { var count : Nat; name : Text } = { var count = 3; name = "n" };
  let wide : { a : Nat } = { a = 1; hidden = "not of the type" };
  let tuple : (Nat, Text, Bool) = (1, "two", true);
  let array : [Nat] = [1, 2, 3];
  let emptyArray : [Text] = [];
  let mutableArray : [var Nat] = [var 4, 5];
  let nested : [[var [Nat]]] = [[var [1], []], [var]];
  let variant : { #on; #off : Nat; #_7_ : Text } = #off 3;
  let variantUnit : { #on; #off : Nat } = #on;
  let variantHash : { #_7_ : Text } = #_7_ "seven";
  var deep : Deep = #end;
  var chain : Chain = null;
  let pair : Pair<Nat, Pair<Text, ?Bool>> = { first = 1; second = { first = "t"; second = ?true } };
  let swap : Swap<Nat, Text> = { value = 1; other = ?{ value = "a"; other = ?{ value = 2; other = null } } };
  // Identity: one object from two places, and objects that lead back to themselves.
  let shared1 : { var count : Nat } = { var count = 1 };
  let shared2 = shared1;
  let sharedArray : [var Nat] = [var 9];
  let sharing : { one : [var Nat]; two : [var Nat] } = { one = sharedArray; two = sharedArray };
  let ring : Ring = do { let first : Ring = { name = "first"; var next = null }; first.next := ?{ name = "second"; var next = ?first }; first };
  let region : Region = Region.new();
  let weakToShared : weak { var count : Nat } = WeakReference.allocate(shared1).ref;
  transient let _grown = Region.grow(region, 2);

  public query func get() : async Nat { put_ };

  public func put(value : Everything) : async () { everything := ?value; put_ += 1 };
  public query func got() : async ?Everything { everything };

  public func lengthen(parts : [Text], depth : Nat) : async () {
    for (part in parts.vals()) rope := rope # part;
    var i = 0;
    while (i < depth) {
      deep := #more { here = i; below = deep };
      chain := ?(i, chain);
      i += 1;
    };
  };
  public query func ropeLength() : async Nat { rope.size() };

  public func useAll() : async () {
    ignore (any, zero, largestCompact, smallestBig, huge, lowestCompact, highestNegativeBig, deepNegative);
    ignore (nat8, nat16, nat32, nat64, nat64Compact, nat64Boxed, int8, int16, int32, int64, int64Compact);
    ignore (float, negativeZero, notANumber, infinity, yes, no, char, emoji, unit, nothing, text, blob, none, some);
    ignore (someNull, someSome, three, threeNull, optionOfNull, optionOfUnit, self, me, callback, emptyRecord, record);
    ignore (mutableRecord, wide, tuple, array, emptyArray, mutableArray, nested, variant, variantUnit, variantHash);
    ignore (pair, swap, shared1, shared2, sharedArray, sharing, ring, region, weakToShared);
    any := 6;
  };
};
