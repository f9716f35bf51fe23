// Asks the official Motoko compiler what programs keep.
//
//   node programs.mjs --batch      reads {name, files, main} a line, files: text by path; answers {name, stable, codes} a
//                                  line. stable is null where the program does not compile.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const ERROR = 1;
const motoko = createRequire(import.meta.url)("motoko");
let number = 0;

// Each program has a folder of its own: the compiler forgets no file.
function compile({ files, main }) {
  const folder = `p${number++}`;
  for (const [path, text] of Object.entries(JSON.parse(files))) motoko.write(`${folder}/${path}`, text);
  try {
    const errors = motoko.check(`${folder}/${main}`).filter(({ severity }) => severity === ERROR);
    if (errors.length > 0) return { stable: null, codes: [...new Set(errors.map(({ code }) => code))] };
    return { stable: motoko.wasm(`${folder}/${main}`, "ic").stable, codes: [] };
  } catch (error) {
    return { stable: null, codes: [String(error?.message ?? error).slice(0, 200)] };
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  if (line.trim() === "") continue;
  const program = JSON.parse(line);
  process.stdout.write(`${JSON.stringify({ name: program.name, ...compile(program) })}\n`);
}
