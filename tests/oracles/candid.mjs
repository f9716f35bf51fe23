// Asks the official Candid checker: `service_compatible` of the candid crate, shipped as wasm in the npm package ic-mops.
//
//   node candid.mjs NEW.did OLD.did    prints one status; exit 0 compatible, 1 incompatible, 2 anything else
//   node candid.mjs --batch            reads {name, old, new} a line, answers {name, status} a line, in order
//
// A status is one of: compatible, incompatible, invalid-new, invalid-old, trap.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(import.meta.url);
const checkerPath = require.resolve("ic-mops/package.json").replace(/package\.json$/, "dist/wasm/pkg/nodejs/wasm.js");
let checker = require(checkerPath);

// true or false as the checker says, or undefined when it trapped. A trapped wasm instance is in an unknown state, so
// it is thrown away and the module is loaded afresh.
function accepts(next, previous) {
  try {
    return checker.is_candid_compatible(next, previous);
  } catch {
    delete require.cache[checkerPath];
    checker = require(checkerPath);
    return undefined;
  }
}

// The checker's "no" also means "did not parse". Every valid interface is compatible with itself, which tells the two apart.
function isValid(text) {
  return accepts(text, text) === true;
}

function judge(previous, next) {
  switch (accepts(next, previous)) {
    case undefined:
      return "trap";
    case true:
      return "compatible";
    default:
      if (!isValid(next)) return "invalid-new";
      return isValid(previous) ? "incompatible" : "invalid-old";
  }
}

async function serve() {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    if (line.trim() === "") continue;
    const pair = JSON.parse(line);
    process.stdout.write(`${JSON.stringify({ name: pair.name, status: judge(pair.old, pair.new) })}\n`);
  }
}

const [first, second] = process.argv.slice(2);
if (first === "--batch") {
  await serve();
} else if (second !== undefined) {
  const status = judge(readFileSync(second, "utf8"), readFileSync(first, "utf8"));
  console.log(status);
  process.exitCode = { compatible: 0, incompatible: 1 }[status] ?? 2;
} else {
  console.error("usage: node candid.mjs NEW.did OLD.did | --batch");
  process.exitCode = 2;
}
