// Compiles a Motoko program with the compiler that the npm package motoko brings.
//
//   node compile.mjs MOTOKO MAIN.mo OUT PACKAGES
//
// MOTOKO: the folder of the npm package. PACKAGES: JSON, the folder of each Motoko package by its name. Writes OUT.did and
// OUT.most; prints what is wrong with the program as JSON, [{code, file, line, column, message}], and ends with 1.
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve, sep } from "node:path";

const SHOWN = 400;

// Left alone, an uncaught error prints the source line it stems from, and the whole compiler is one line of megabytes.
function fail(error) {
  console.error(String(error?.message ?? error).slice(0, SHOWN));
  process.exit(2);
}
process.on("uncaughtException", fail);

const [folder, main, out, packages] = process.argv.slice(2);
const motoko = createRequire(join(folder, "index.js"))(folder);

function load(from, to) {
  for (const path of readdirSync(from, { recursive: true, encoding: "utf8" })) {
    if (path.endsWith(".mo")) motoko.write(join(to, path).split(sep).join("/"), readFileSync(join(from, path), "utf8"));
  }
}

// The compiler has a file system of its own: the program's folder, and those beside it that it imports from, go there.
const files = new Set();
function follow(path) {
  if (files.has(path) || !existsSync(path)) return;
  files.add(path);
  const text = readFileSync(path, "utf8");
  motoko.write(relative(root, path).split(sep).join("/"), text);
  for (const [, imported] of text.matchAll(/\bimport\b[^";]*"([^":]+)"/g)) {
    follow(resolve(dirname(path), imported.endsWith(".mo") ? imported : `${imported}.mo`));
  }
}
const start = resolve(main);
const root = dirname(dirname(dirname(start)));
follow(start);
load(dirname(start), relative(root, dirname(start)));

const named = JSON.parse(packages);
for (const [name, path] of Object.entries(named)) {
  load(path, join(".packages", name));
  motoko.usePackage(name, `.packages/${name}`);
}
const core = join(folder, "packages", "latest", "core.json");
if (!("core" in named) && existsSync(core)) motoko.loadPackage(JSON.parse(readFileSync(core, "utf8")));

const path = relative(root, start).split(sep).join("/");
const errors = motoko.check(path).filter(({ severity }) => severity === 1);
if (errors.length > 0) {
  const shown = errors.slice(0, 20).map(({ code, source, range, message }) => ({
    code,
    file: resolve(root, source),
    line: range.start.line + 1,
    column: range.start.character + 1,
    message: message.slice(0, SHOWN),
  }));
  console.log(JSON.stringify(shown));
  process.exit(1);
}
const { stable, candid } = motoko.wasm(path, "ic");
writeFileSync(`${out}.most`, stable);
writeFileSync(`${out}.did`, candid);
