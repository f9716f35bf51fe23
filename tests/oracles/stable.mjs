// Asks the official Motoko compiler, shipped as JavaScript in the npm package motoko.
//
//   node stable.mjs OLD.most NEW.most            `moc --stable-compatible`: prints {compatible, codes, messages};
//                                                exit 0 compatible, 1 not
//   node stable.mjs --batch                      reads {name, pre, post} a line, answers {name, compatible, codes} a line
//   node stable.mjs --compile MAIN.mo OUT [FLAG...]
//                                                writes OUT.wasm, OUT.most and OUT.did, and prints {warnings}: codes.
//                                                Imports reach every .mo file below MAIN's folder, and mo:core. The flags
//                                                are the compiler's own, `--public-metadata SECTION` included.
//
// compatible is null when the compiler itself failed. Codes are those of errors: warnings are left out.
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";

const ERROR = 1;
const SHOWN = 400;

// Left alone, an uncaught error prints the source line it stems from, and the whole compiler is one line of megabytes.
function briefly(error) {
  return String(error?.message ?? error).slice(0, SHOWN);
}

function fail(error) {
  console.error(briefly(error));
  process.exit(2);
}

process.on("uncaughtException", fail);
process.stdout.on("error", () => process.exit(0)); // nobody reads on

const require = createRequire(import.meta.url);
const motoko = require("motoko");

function judge(pre, post) {
  motoko.write("pre.most", pre);
  motoko.write("post.most", post);
  try {
    const { diagnostics } = motoko.compiler.stableCompatible("pre.most", "post.most");
    const errors = diagnostics.filter(({ severity }) => severity === ERROR);
    const codes = [...new Set(errors.map(({ code }) => code))].sort();
    return { compatible: errors.length === 0, codes, messages: errors.map(({ message }) => message) };
  } catch (error) {
    return { compatible: null, codes: [], messages: [briefly(error)] };
  }
}

async function serve() {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    if (line.trim() === "") continue;
    const pair = JSON.parse(line);
    const { compatible, codes } = judge(pair.pre, pair.post);
    process.stdout.write(`${JSON.stringify({ name: pair.name, compatible, codes })}\n`);
  }
}

// moc takes these as a flag, its JavaScript by a function.
function metadataApart(flags) {
  const sections = [];
  const others = [];
  for (let i = 0; i < flags.length; i++) {
    if (flags[i] === "--public-metadata" && i + 1 < flags.length) sections.push(flags[++i]);
    else others.push(flags[i]);
  }
  return { sections, others };
}

function compile(main, out, flags) {
  const core = join(dirname(require.resolve("motoko/package.json")), "packages", "latest", "core.json");
  if (existsSync(core)) motoko.loadPackage(JSON.parse(readFileSync(core, "utf8")));
  const folder = dirname(main);
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (path.endsWith(".mo")) motoko.write(path, readFileSync(join(folder, path), "utf8"));
  }
  // Flags stay set for the whole life of a process: one process compiles once.
  const { sections, others } = metadataApart(flags);
  if (sections.length > 0) motoko.setPublicMetadata(sections);
  if (others.length > 0) motoko.setExtraFlags(others);
  const diagnostics = motoko.check(basename(main));
  const { wasm, stable, candid } = motoko.wasm(basename(main), "ic");
  writeFileSync(`${out}.wasm`, wasm);
  writeFileSync(`${out}.most`, stable);
  writeFileSync(`${out}.did`, candid);
  console.log(JSON.stringify({ warnings: [...new Set(diagnostics.map(({ code }) => code))].sort() }));
}

const [first, second, ...rest] = process.argv.slice(2);
try {
  if (first === "--batch") {
    await serve();
  } else if (first === "--compile" && rest.length > 0) {
    compile(second, rest[0], rest.slice(1));
  } else if (second !== undefined && first !== "--compile") {
    const answer = judge(readFileSync(first, "utf8"), readFileSync(second, "utf8"));
    console.log(JSON.stringify(answer, null, 1));
    process.exitCode = answer.compatible ? 0 : 1;
  } else {
    console.error("usage: node stable.mjs OLD.most NEW.most | --batch | --compile MAIN.mo OUT [FLAG...]");
    process.exitCode = 2;
  }
} catch (error) {
  console.error(briefly(error));
  process.exitCode = 2;
}
