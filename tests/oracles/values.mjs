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

// Every composite type stands behind an IDL.Rec, for any of them may lead back to itself.
function typesOf(nodes) {
  const made = nodes.map(([kind]) => SIMPLE[kind] ?? IDL.Rec());
  const fields = (labels, children) => Object.fromEntries(labels.map((label, i) => [`_${label}_`, made[children[i]]]));
  nodes.forEach(([kind, labels, children], i) => {
    const inside = children.map((child) => made[child]);
    switch (kind) {
      case "opt": made[i].fill(IDL.Opt(inside[0])); break;
      case "vec": made[i].fill(IDL.Vec(inside[0])); break;
      case "record": made[i].fill(IDL.Record(fields(labels, children))); break;
      case "variant": made[i].fill(IDL.Variant(fields(labels, children))); break;
      case "func": {
        const [mode, count] = labels;
        made[i].fill(IDL.Func(inside.slice(0, count), inside.slice(count), mode === "" ? [] : [mode]));
        break;
      }
      case "service": made[i].fill(IDL.Service(Object.fromEntries(labels.map((label, j) => [label, inside[j]])))); break;
    }
  });
  return made;
}

// IDL.Service asks its methods for func types themselves, which a Rec around them is not; and it wants them at once.
function js({ types, roots, hex }) {
  const made = typesOf(JSON.parse(types));
  const wanted = JSON.parse(roots).map((root) => made[root]);
  const values = IDL.decode(wanted, Buffer.from(hex, "hex"));
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
