/**
 * Makes the npm package, JavaScript and types, in npm/: what deno.json describes, compiled for Node 20 and later.
 *
 * The modules are bundled into a few, msgpackr too: a child of more than a hundred takes three times as long to start. The
 * entry modules keep their places, and the common parts go to a folder beside the others in src/, so that
 * `new URL("../child.js", import.meta.url)` means the same everywhere.
 */

import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { root, setUp } from "./setup.mjs";

/** Where the package is made. */
export const packageFolder = join(root, "npm");

/** @param {string} file */
const readJson = (file) => JSON.parse(readFileSync(join(root, file), "utf8"));

/** Makes the package; throws with the compiler's words when it can't. */
export function buildPackage() {
  setUp();
  /** @type {typeof import("esbuild")} */
  const { buildSync } = createRequire(import.meta.url)("esbuild"); // not before it is installed
  rmSync(packageFolder, { recursive: true, force: true });
  compile("tsc", process.execPath, [
    join(root, "node_modules", "typescript", "bin", "tsc"),
    "-p",
    join(root, "scripts", "npm_tsconfig.json"),
  ]);
  buildSync({
    entryPoints: Object.values(readJson("deno.json").exports),
    absWorkingDir: root,
    outbase: root,
    outdir: packageFolder,
    chunkNames: "src/parts/[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["koffi"],
    logLevel: "error",
  });
  leaveBufferAlone();
  loadCoreAtOnce();
  for (const file of readdirSync(packageFolder, { recursive: true, encoding: "utf8" })) {
    // In declarations the compiler leaves the extensions as they are.
    if (file.endsWith(".d.ts")) rewriteExtensions(join(packageFolder, file));
  }
  for (const file of ["README.md", "LICENSE", "CHANGELOG.md"]) {
    if (existsSync(join(root, file))) copyFileSync(join(root, file), join(packageFolder, file));
  }
  copyFileSync(join(root, "node_modules", "msgpackr", "LICENSE"), join(packageFolder, "LICENSE-msgpackr"));
  writeFileSync(join(packageFolder, "package.json"), `${JSON.stringify(manifest(), undefined, 2)}\n`);
}

/** On Deno, asking for the global Buffer loads Node's modules, which takes longer than all else at the start of a child. */
function leaveBufferAlone() {
  const question = 'typeof Buffer !== "undefined"';
  let count = 0;
  for (const file of readdirSync(join(packageFolder, "src", "parts"))) {
    const path = join(packageFolder, "src", "parts", file), text = readFileSync(path, "utf8");
    count += text.split(question).length - 1;
    writeFileSync(path, text.replaceAll(question, `typeof Deno === "undefined" && ${question}`));
  }
  if (count === 0) throw new Error(`Cannot find ${question} in the bundled msgpackr`);
}

/**
 * Bun reads what a module imports in other threads, for which a child process would have to start them, and then to wait. It
 * reads what is required at once.
 */
function loadCoreAtOnce() {
  const file = join(packageFolder, "src", "child.js"), text = readFileSync(file, "utf8");
  const found = /^import \{([^}]*)\} from ("[^"]*");$/m.exec(text);
  if (found === null) throw new Error("Cannot find what src/child.js imports");
  const [statement, names = "", from] = found;
  const core = `const {${names.replaceAll(" as ", ": ")}} = import.meta.require?.(${from}) ?? await import(${from});`;
  writeFileSync(file, text.replace(statement, () => core));
}

/** @param {string} name @param {string} file @param {string[]} args */
function compile(name, file, args) {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd: root, encoding: "utf8", timeout: 120_000 });
  if (status !== 0) throw new Error(`${name} failed: ${stdout}${stderr}`);
}

/** @param {string} file */
function rewriteExtensions(file) {
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/(\bfrom |\bimport\(|\bimport )"(\.[^"]*)\.ts"/g, '$1"$2.js"'));
}

function manifest() {
  const { name, version, license, exports } = readJson("deno.json");
  const { optionalDependencies, engines } = readJson("package.json");
  return {
    name,
    version,
    description:
      "Python's multiprocessing for Node, Bun and Deno: processes and workers with locks, queues and state in " +
      "shared memory",
    keywords: ["multiprocessing", "process", "worker", "shared memory", "lock", "queue", "pool"],
    license,
    type: "module",
    exports: {
      ...Object.fromEntries(
        Object.entries(exports).map(([key, path]) => {
          const stem = path.replace(/\.ts$/, "");
          return [key, { types: `${stem}.d.ts`, default: `${stem}.js` }];
        }),
      ),
      "./package.json": "./package.json",
    },
    engines,
    optionalDependencies,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  buildPackage();
  console.log(`${packageFolder} is ready: npm pack ./npm`);
}
