/** Makes the npm package, JavaScript and types, in npm/: what deno.json describes, compiled for Node 20 and later. */

import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  rmSync(packageFolder, { recursive: true, force: true });
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const compiled = spawnSync(process.execPath, [compiler, "-p", join(root, "scripts", "npm_tsconfig.json")], {
    encoding: "utf8",
    timeout: 120_000,
  });
  if (compiled.status !== 0) throw new Error(`tsc failed: ${compiled.stdout}${compiled.stderr}`);
  for (const file of readdirSync(packageFolder, { recursive: true, encoding: "utf8" })) {
    // In declarations the compiler leaves the extensions as they are.
    if (file.endsWith(".d.ts")) rewriteExtensions(join(packageFolder, file));
  }
  for (const file of ["README.md", "LICENSE", "CHANGELOG.md"]) {
    if (existsSync(join(root, file))) copyFileSync(join(root, file), join(packageFolder, file));
  }
  writeFileSync(join(packageFolder, "package.json"), `${JSON.stringify(manifest(), undefined, 2)}\n`);
}

/** @param {string} file */
function rewriteExtensions(file) {
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/(\bfrom |\bimport\(|\bimport )"(\.[^"]*)\.ts"/g, '$1"$2.js"'));
}

function manifest() {
  const { name, version, license, exports } = readJson("deno.json");
  const { dependencies, optionalDependencies, engines } = readJson("package.json");
  return {
    name,
    version,
    description:
      "Python's multiprocessing for Node, Bun and Deno: processes and workers with locks, queues and state in " +
      "shared memory",
    keywords: ["multiprocessing", "process", "worker", "shared memory", "lock", "queue", "pool"],
    license,
    type: "module",
    sideEffects: true,
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
    dependencies,
    optionalDependencies,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  setUp();
  buildPackage();
  console.log(`${packageFolder} is ready: npm pack ./npm`);
}
