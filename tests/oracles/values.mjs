// Asks two official implementations of Candid values: `@dfinity/didc` (the candid crate) and `@icp-sdk/core` (agent-js).
//
//   node values.mjs --batch    reads one question a line, answers {name, ...} a line, in order
//
// {name, ask: "didc-decode", did, method, results, hex}     answers {text}: the message, read as the method's arguments
//                                                           or ("yes") its results
// {name, ask: "didc-encode", did, method, text}             answers {hex}: the text, written as the method's arguments
// {name, ask: "js", types, roots, hex}                      answers {hex}: the message, read at the types and written again
//
// types of "js": [[kind, labels, children] ...] as JSON, children by number; roots: numbers of the values' types.
// An answer {error} says that it was refused.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { IDL } from "@icp-sdk/core/candid";

const require = createRequire(import.meta.url);
const didcPath = require.resolve("@dfinity/didc");
let didc = require(didcPath);

const SIMPLE = {
  null: IDL.Null, bool: IDL.Bool, nat: IDL.Nat, int: IDL.Int, text: IDL.Text, reserved: IDL.Reserved, empty: IDL.Empty,
  principal: IDL.Principal, nat8: IDL.Nat8, nat16: IDL.Nat16, nat32: IDL.Nat32, nat64: IDL.Nat64, int8: IDL.Int8,
  int16: IDL.Int16, int32: IDL.Int32, int64: IDL.Int64, float32: IDL.Float32, float64: IDL.Float64,
};

// A type that leads back to itself stands behind an IDL.Rec, as in declarations; agent-js treats others differently there.
function typesOf(nodes) {
  const made = [];
  const recs = [];
  const open = new Set();
  const build = (i) => {
    if (made[i] !== undefined) return made[i];
    if (open.has(i)) return (recs[i] ??= IDL.Rec());
    open.add(i);
    const type = typeOf(nodes[i], build);
    open.delete(i);
    recs[i]?.fill(type);
    return (made[i] = recs[i] ?? type);
  };
  nodes.forEach((_, i) => build(i));
  return made;
}

function typeOf([kind, labels, children], build) {
  const inside = children.map(build);
  const fields = () => Object.fromEntries(labels.map((label, i) => [`_${label}_`, inside[i]]));
  switch (kind) {
    case "opt":
      return IDL.Opt(inside[0]);
    case "vec":
      return IDL.Vec(inside[0]);
    case "record":
      return IDL.Record(fields());
    case "variant":
      return IDL.Variant(fields());
    case "func":
      return IDL.Func(inside.slice(0, labels[1]), inside.slice(labels[1]), labels[0] === "" ? [] : [labels[0]]);
    case "service":
      return IDL.Service(Object.fromEntries(labels.map((label, i) => [label, inside[i]])));
    default:
      return SIMPLE[kind];
  }
}

function js({ types, roots, hex }) {
  const made = typesOf(JSON.parse(types));
  const wanted = JSON.parse(roots).map((root) => made[root]);
  const values = IDL.decode(wanted, new Uint8Array(Buffer.from(hex, "hex")));
  return { hex: Buffer.from(IDL.encode(wanted, values)).toString("hex") };
}

function answer(question) {
  const { ask, did, method, results, hex, text } = question;
  try {
    switch (ask) {
      case "didc-decode": {
        const useServiceMethodReturnType = results === "yes";
        return { text: didc.decode({ idl: did, serviceMethod: method, useServiceMethodReturnType, inputFormat: "hex", input: hex }) };
      }
      case "didc-encode":
        return { hex: didc.encode({ idl: did, withType: { kind: "methodParams", name: method }, input: text }) };
      default:
        return js(question);
    }
  } catch (error) {
    // A wasm instance that trapped is in an unknown state.
    if (error instanceof WebAssembly.RuntimeError) {
      delete require.cache[didcPath];
      didc = require(didcPath);
    }
    return { error: String(error?.message ?? JSON.stringify(error) ?? error).slice(0, 400) };
  }
}

if (process.argv[2] === "--batch") {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    if (line.trim() === "") continue;
    const question = JSON.parse(line);
    process.stdout.write(`${JSON.stringify({ name: question.name, ...answer(question) })}\n`);
  }
} else {
  console.error("usage: node values.mjs --batch");
  process.exitCode = 2;
}
