// The containers of mo:core, the shapes of those of mo:base, and what programs build from them, filled by number.
import Map "mo:core/Map";
import Set "mo:core/Set";
import List "mo:core/List";
import Queue "mo:core/Queue";
import Stack "mo:core/Stack";
import PriorityQueue "mo:core/PriorityQueue";
import PureMap "mo:core/pure/Map";
import PureSet "mo:core/pure/Set";
import PureList "mo:core/pure/List";
import PureQueue "mo:core/pure/Queue";
import RealTimeQueue "mo:core/pure/RealTimeQueue";
import Nat "mo:core/Nat";
import Text "mo:core/Text";
import Iter "mo:core/Iter";
import VarArray "mo:core/VarArray";

persistent actor Containers {
  type Row = { id : Nat; name : Text; tags : [Text]; at : Int; status : { #active; #closed : Nat }; note : ?Text };

  // mo:base 0.14, by their types.
  type AssocList<K, V> = ?((K, V), AssocList<K, V>);
  type Trie<K, V> = { #empty; #leaf : { size : Nat; keyvals : AssocList<{ hash : Nat32; key : K }, V> }; #branch : { size : Nat; left : Trie<K, V>; right : Trie<K, V> } };
  type RBTree<K, V> = { #leaf; #node : ({ #R; #B }, RBTree<K, V>, (K, ?V), RBTree<K, V>) };
  // A hash map as classes of mo:base keep one inside.
  type Table<K, V> = { var table : [var AssocList<K, V>]; var count : Nat };

  let map = Map.empty<Nat, Row>();
  let names = Map.empty<Text, Nat>();
  let set = Set.empty<Nat>();
  let list = List.empty<Row>();
  let queue = Queue.empty<Text>();
  let stack = Stack.empty<Nat>();
  let heap = PriorityQueue.empty<Nat>();
  var pureMap = PureMap.empty<Nat, Text>();
  var pureSet = PureSet.empty<Text>();
  var pureList = PureList.empty<Nat>();
  var pureQueue = PureQueue.empty<Nat>();
  var realTime = RealTimeQueue.empty<Nat>();
  let nested = Map.empty<Text, Map.Map<Nat, Text>>();
  var trie : Trie<Text, Nat> = #empty;
  var tree : RBTree<Nat, Text> = #leaf;
  let table : Table<Text, Nat> = { var table = VarArray.repeat<AssocList<Text, Nat>>(null, 8); var count = 0 };

  func row(i : Nat) : Row = {
    id = i;
    name = "name " # Nat.toText(i);
    tags = ["t" # Nat.toText(i % 7), "common"];
    at = if (i % 2 == 0) 1_700_000_000_000_000_000 + i else -i;
    status = if (i % 3 == 0) #active else #closed i;
    note = if (i % 5 == 0) ?"noted" else null;
  };

  func inserted(t : RBTree<Nat, Text>, k : Nat, v : Text) : RBTree<Nat, Text> = switch t {
    case (#leaf) #node(#R, #leaf, (k, ?v), #leaf);
    case (#node(c, l, (key, value), r)) {
      if (k < key) #node(c, inserted(l, k, v), (key, value), r) else #node(c, l, (key, value), inserted(r, k, v));
    };
  };

  public func fill(from : Nat, to : Nat) : async () {
    for (i in Nat.range(from, to)) {
      let name = Nat.toText(i);
      Map.add(map, Nat.compare, i, row(i));
      Map.add(names, Text.compare, name, i);
      Set.add(set, Nat.compare, i * 2);
      List.add(list, row(i));
      Queue.pushBack(queue, name);
      Stack.push(stack, i);
      PriorityQueue.push(heap, Nat.compare, i);
      pureMap := PureMap.add(pureMap, Nat.compare, i, name);
      pureSet := PureSet.add(pureSet, Text.compare, name);
      pureList := PureList.pushFront(pureList, i);
      pureQueue := PureQueue.pushBack(pureQueue, i);
      realTime := RealTimeQueue.pushBack(realTime, i);
      if (i % 10 == 0) {
        let inner = Map.empty<Nat, Text>();
        for (j in Nat.range(0, i % 7)) Map.add(inner, Nat.compare, j, Nat.toText(i + j));
        Map.add(nested, Text.compare, name, inner);
        trie := #branch { size = i; left = trie; right = #leaf { size = 1; keyvals = ?(({ hash = 1; key = name }, i), null) } };
        tree := inserted(tree, i * 7_919 % 1_000, name);
        table.table[i / 10 % 8] := ?((name, i), table.table[i / 10 % 8]);
        table.count += 1;
      };
    };
  };

  /// Rows alone, for images of any size.
  public func rows(from : Nat, to : Nat) : async () {
    for (i in Nat.range(from, to)) {
      Map.add(map, Nat.compare, i, row(i));
      List.add(list, row(i));
    };
  };

  public func change(key : Nat, name : Text) : async () {
    Map.add(map, Nat.compare, key, { row(key) with name });
  };
  public func add(key : Nat) : async () { Map.add(map, Nat.compare, key, row(key)) };
  public func remove(key : Nat) : async () {
    ignore Map.delete(map, Nat.compare, key);
    ignore Queue.popFront(queue);
    ignore PureQueue.popFront(pureQueue);
    ignore Set.delete(set, Nat.compare, key);
    pureMap := PureMap.remove(pureMap, Nat.compare, key);
    ignore List.removeLast(list);
  };

  public query func mapEntries() : async [(Nat, Row)] { Iter.toArray(Map.entries(map)) };
  public query func nameEntries() : async [(Text, Nat)] { Iter.toArray(Map.entries(names)) };
  public query func setValues() : async [Nat] { Iter.toArray(Set.values(set)) };
  public query func listValues() : async [Row] { List.toArray(list) };
  public query func queueValues() : async [Text] { Iter.toArray(Queue.values(queue)) };
  public query func stackValues() : async [Nat] { Iter.toArray(Stack.values(stack)) };
  public query func heapSize() : async Nat { PriorityQueue.size(heap) };
  public query func pureMapEntries() : async [(Nat, Text)] { Iter.toArray(PureMap.entries(pureMap)) };
  public query func pureSetValues() : async [Text] { Iter.toArray(PureSet.values(pureSet)) };
  public query func pureListValues() : async [Nat] { PureList.toArray(pureList) };
  public query func pureQueueValues() : async [Nat] { Iter.toArray(PureQueue.values(pureQueue)) };
  public query func realTimeValues() : async [Nat] { Iter.toArray(RealTimeQueue.values(realTime)) };
  public query func nestedEntries() : async [(Text, [(Nat, Text)])] {
    Iter.toArray(Iter.map<(Text, Map.Map<Nat, Text>), (Text, [(Nat, Text)])>(Map.entries(nested), func(k, v) = (k, Iter.toArray(Map.entries(v)))));
  };
  public query func useAll() : async () { ignore (trie, tree, table) };
};
