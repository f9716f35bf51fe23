// Compiles Motoko programs with the compiler that the npm package motoko brings.
//
//   node compile.mjs MOTOKO < PROGRAMS.json
//
// MOTOKO: the folder of the npm package. PROGRAMS: a list of {root: a folder, main and files: paths in it, packages:
// {NAME: {folder, files} or {at: a path in the root}}, flags: [WORD], out, module}; flags are the same for all. Writes OUT.did and
// OUT.most of each, where `module` is true also OUT.wasm; of one with faults OUT.json, what is wrong: [{code, file, line, column, message}].
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, sep } from "node:path";

const SHOWN = 400;

// Left alone, an uncaught error prints the source line it stems from, and the whole compiler is one line of megabytes.
const told = (error) => String(error?.message ?? error).slice(0, SHOWN);
process.on("uncaughtException", (error) => {
  console.error(told(error));
  process.exit(2);
});

const folder = process.argv[2];
const motoko = createRequire(join(folder, "index.js"))(folder);
const slashed = (path) => path.split(sep).join("/");
const bundled = join(folder, "packages", "latest", "core.json");
const core = existsSync(bundled) ? JSON.parse(readFileSync(bundled, "utf8")) : null;

function metadataApart(flags) {
  const sections = [];
  const others = [];
  for (let i = 0; i < flags.length; i++) {
    if (flags[i] === "--public-metadata" && i + 1 < flags.length) sections.push(flags[++i]);
    else others.push(flags[i]);
  }
  return { sections, others };
}

for (const { root, main, files, packages, flags, out, module } of JSON.parse(readFileSync(0, "utf8"))) {
  // The compiler has a file system of its own. Names that it makes up follow from paths there, so that both versions of a
  // program have to be at the same ones: each is taken away before the next.
  const written = [];
  const write = (path, from) => {
    motoko.write(path, readFileSync(from, "utf8"));
    written.push(path);
  };
  for (const path of files) write(slashed(path), join(root, path));
  motoko.clearPackages();
  for (const [name, { at, folder: from, files: taken }] of Object.entries(packages)) {
    for (const path of taken ?? []) write(`.packages/${name}/${slashed(path)}`, join(from, path));
    motoko.usePackage(name, at === undefined ? `.packages/${name}` : slashed(at));
  }
  if (!("core" in packages) && core !== null) motoko.loadPackage(core);
  // moc takes these as a flag, its JavaScript by a function.
  const { sections, others } = metadataApart(flags);
  if (sections.length > 0) motoko.setPublicMetadata(sections);
  if (others.length > 0) motoko.setExtraFlags(others.map(slashed));
  const path = slashed(main);
  try {
    const { wasm, stable, candid } = motoko.wasm(path, "ic");
    if (module) writeFileSync(`${out}.wasm`, wasm);
    writeFileSync(`${out}.most`, stable);
    writeFileSync(`${out}.did`, candid);
  } catch (error) {
    // What it throws is not always what is wrong.
    const errors = motoko.check(path).filter(({ severity }) => severity === 1);
    const shown = errors.slice(0, 20).map(({ code, source, range, message }) => ({
      code,
      file: source,
      line: range.start.line + 1,
      column: range.start.character + 1,
      message: message.slice(0, SHOWN),
    }));
    const unknown = { code: "unknown", file: "", line: 0, column: 0, message: told(error) };
    writeFileSync(`${out}.json`, JSON.stringify(shown.length > 0 ? shown : [unknown]));
  }
  for (const path of written) motoko.delete(path);
}
