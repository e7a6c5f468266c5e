/** Makes the development tools ready: installs node_modules when it is missing or outdated, and finds the five runtimes. */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Absolute path of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const modules = join(root, "node_modules");

/**
 * The runtimes that the project is tested on. `installer` is what the package's install script runs: newer npm versions
 * skip such scripts unless package.json allows them, so a binary that is not there is fetched by running it from here.
 * @type {Record<string, { binary: string, package: string, installer: string, version: RegExp }>}
 */
const tools = {
  deno: { binary: "deno/deno", package: "deno", installer: "install.cjs", version: /^deno (\S+)/ },
  bun: { binary: "bun/bin/bun.exe", package: "bun", installer: "install.js", version: /^(\S+)/ },
  node22: {
    binary: "node-22/bin/node",
    package: "node-22",
    installer: "installArchSpecificPackage.js",
    version: /^v(\S+)/,
  },
  node24: { binary: "node/bin/node", package: "node", installer: "installArchSpecificPackage.js", version: /^v(\S+)/ },
  node26: {
    binary: "node-26/bin/node",
    package: "node-26",
    installer: "installArchSpecificPackage.js",
    version: /^v(\S+)/,
  },
};

/**
 * @typedef {"deno" | "bun" | "node"} RuntimeName
 * @typedef {object} Tool
 * @property {string} id       "deno", "bun", "node22", "node24", "node26"
 * @property {RuntimeName} runtime
 * @property {string} version
 * @property {string} path     absolute path of the executable
 */

/** Whether node_modules holds exactly what package-lock.json says. */
function isInstalled() {
  const installed = join(modules, ".package-lock.json");
  if (!existsSync(installed)) return false;
  const have = JSON.parse(readFileSync(installed, "utf8")).packages;
  const want = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  for (const [path, entry] of Object.entries(want)) {
    if (path === "") continue;
    if (have[path] === undefined ? !entry.optional : have[path].version !== entry.version) return false;
  }
  return true;
}

/** @param {string} command @param {string[]} args @param {string} cwd */
function run(command, args, cwd) {
  const result = spawnSync(command, args, { cwd, encoding: "utf8", timeout: 300_000, shell: command === "npm" });
  if (result.status === 0) return;
  const output = `${result.stdout ?? ""}${result.stderr ?? ""}`.trim();
  throw new Error(`${command} ${args.join(" ")} failed: ${result.error?.message ?? output}`);
}

/** @param {string} path @param {RegExp} pattern */
function versionOf(path, pattern) {
  const result = spawnSync(path, ["--version"], { encoding: "utf8", timeout: 30_000 });
  return result.status === 0 ? pattern.exec(result.stdout)?.[1] : undefined;
}

/**
 * Installs what is missing (and says so on stderr; with nothing to do it is quiet) and returns the runtimes.
 * @returns {Tool[]}
 */
export function setUp() {
  if (!isInstalled()) {
    const command = existsSync(join(root, "package-lock.json")) ? "ci" : "install";
    console.error(`Installing the development tools (npm ${command}) …`);
    run("npm", [command, "--no-audit", "--no-fund"], root);
  }
  return Object.entries(tools).map(([id, tool]) => {
    const path = join(modules, tool.binary);
    let version = versionOf(path, tool.version);
    if (version === undefined) {
      const folder = join(modules, tool.package);
      console.error(`Fetching the binary of ${id} (${tool.installer}) …`);
      run(process.execPath, [join(folder, tool.installer)], folder);
      version = versionOf(path, tool.version);
    }
    if (version === undefined) throw new Error(`Cannot run ${id}: ${path} does not work`);
    return { id, runtime: /** @type {RuntimeName} */ (id.replace(/\d+$/, "")), version, path };
  });
}

/** Environment in which `deno`, `bun` and `node` on the PATH are the project's own. @returns {NodeJS.ProcessEnv} */
export function environment() {
  return {
    ...process.env,
    PATH: [join(modules, "node", "bin"), join(modules, ".bin"), process.env["PATH"]].join(delimiter),
    // Node strips the types of some ninety modules for each child; with this it does so once (4 times faster to start).
    NODE_COMPILE_CACHE: join(modules, ".cache", "node"),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const tool of setUp()) console.log(`${tool.id.padEnd(8)} ${tool.version.padEnd(10)} ${tool.path}`);
}
