// Compiles a Motoko program with the compiler that the npm package motoko brings.
//
//   node compile.mjs < ASKED.json
//
// ASKED: {motoko: the folder of the npm package, root: a folder, main and files: paths in it, packages: {NAME: {folder,
// files} or {at: a path in the root}}, flags: [WORD], out}. Writes OUT.did and OUT.most; prints what is wrong with the program as JSON, [{code, file,
// line, column, message}], and ends with 1.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, sep } from "node:path";

const SHOWN = 400;

// Left alone, an uncaught error prints the source line it stems from, and the whole compiler is one line of megabytes.
function fail(error) {
  console.error(String(error?.message ?? error).slice(0, SHOWN));
  process.exit(2);
}
process.on("uncaughtException", fail);

const { motoko: folder, root, main, files, packages, flags, out } = JSON.parse(readFileSync(0, "utf8"));
const motoko = createRequire(join(folder, "index.js"))(folder);
const slashed = (path) => path.split(sep).join("/");

// The compiler has a file system of its own.
for (const path of files) motoko.write(slashed(path), readFileSync(join(root, path), "utf8"));
for (const [name, { at, folder: from, files: taken }] of Object.entries(packages)) {
  if (at !== undefined) {
    motoko.usePackage(name, slashed(at));
    continue;
  }
  for (const path of taken) motoko.write(`.packages/${name}/${slashed(path)}`, readFileSync(join(from, path), "utf8"));
  motoko.usePackage(name, `.packages/${name}`);
}
const core = join(folder, "packages", "latest", "core.json");
if (!("core" in packages) && existsSync(core)) motoko.loadPackage(JSON.parse(readFileSync(core, "utf8")));
if (flags.length > 0) motoko.setExtraFlags(flags);

const path = slashed(main);
const errors = motoko.check(path).filter(({ severity }) => severity === 1);
if (errors.length > 0) {
  const shown = errors.slice(0, 20).map(({ code, source, range, message }) => ({
    code,
    file: source,
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
