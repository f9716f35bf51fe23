// Asks the official Motoko compiler whether a suggested migration takes a program over.
//
//   node migrations.mjs --batch    reads {name, old, files, main, chain} a line; old: a stable signature; files: text by path,
//                                  as JSON; chain: "yes" where the folder `migrations` is a chain. Answers {name, stable,
//                                  errors, codes}: the signature that the program compiles to, null with the errors where it
//                                  does not, and the codes of `--stable-compatible` from the old one to it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

const ERROR = 1;
const require = createRequire(import.meta.url);
const motoko = require("motoko");
const core = join(dirname(require.resolve("motoko/package.json")), "packages", "latest", "core.json");
motoko.loadPackage(JSON.parse(readFileSync(core, "utf8")));
let number = 0;

function judge({ old, files, main, chain }) {
  const folder = `p${number++}`;
  const texts = Object.entries(JSON.parse(files));
  for (const [path, text] of texts) motoko.write(`${folder}/${path}`, text);
  // Flags stay as they were set last.
  if (chain === "yes") motoko.setExtraFlags(["--enhanced-migration", `${folder}/migrations`]);
  try {
    const { stable } = motoko.wasm(`${folder}/${main}`, "ic");
    motoko.write("old.most", old);
    motoko.write("new.most", stable);
    const { diagnostics } = motoko.compiler.stableCompatible("old.most", "new.most");
    const wrong = diagnostics.filter(({ severity }) => severity === ERROR);
    return { stable, errors: [], codes: [...new Set(wrong.map(({ code }) => code))] };
  } catch (error) {
    let errors = [];
    try {
      errors = motoko.check(`${folder}/${main}`).filter(({ severity }) => severity === ERROR);
    } catch {
      // what it threw first is all there is
    }
    const told = errors.map(({ code, source, range, message }) => `${code} ${source}:${range.start.line + 1}: ${message}`);
    return { stable: null, errors: told.length > 0 ? told : [String(error?.message ?? error).slice(0, 400)], codes: [] };
  } finally {
    for (const [path] of texts) motoko.delete(`${folder}/${path}`);
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  if (line.trim() === "") continue;
  const program = JSON.parse(line);
  process.stdout.write(`${JSON.stringify({ name: program.name, ...judge(program) })}\n`);
}
