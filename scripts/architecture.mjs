/**
 * The architecture as a set of rules: who may import whom, who knows the system, and how much a child loads. `deno lint` holds
 * each file to it (lint_architecture.mjs), `node scripts/check_modules.mjs` all of them together.
 */

/** From the bottom up: a file imports from its own layer and from those before it, types too. */
export const layers = [
  "errors",
  "base",
  "runtime",
  "codec",
  "pickle",
  "memory",
  "family",
  "objects",
  "wire",
  "targets",
  "sync",
  "shared",
  "channels",
  "process",
  "remote",
  "pool",
  "managers",
  "context", // made of all of them
  "mod", // the package's face
  "child_rest", // what a child loads when it needs more than its target: the whole package
  "child", // the entry module of children
];

/** The only folder that knows on which runtime and system the package runs; tests may know it too. */
export const systemFolder = "src/runtime/";

/** The built-in modules that have nothing to do with the process or the system: every file may import them. */
export const harmlessBuiltins = ["node:async_hooks", "node:buffer", "node:diagnostics_channel", "node:util"];

/** Packages that are bindings to the system. */
export const systemPackages = /^(npm:)?(koffi|bun|bun:.*)([@/].*)?$/;

/** The runtimes' own globals. A bare `process` is the affair of deno lint's no-process-global, which knows scopes. */
export const systemGlobals = ["Deno", "Bun"];

/** What must not be reached through globalThis either. */
export const systemProperties = [...systemGlobals, "process"];

/** What programs and test runners replace of the global objects, and the files that keep it as it was. */
export const replacedGlobals = [
  "JSON crypto TextEncoder TextDecoder AbortController structuredClone performance Date",
  "setTimeout clearTimeout setInterval clearInterval setImmediate queueMicrotask",
].flatMap((names) => names.split(" "));
export const keepers = ["src/base/originals.ts", "src/base/random.ts"];

/** Cases and their targets are programs of a user: they import only mod.ts and what is in conformance/. */
export const userFolders = ["conformance/cases/", "conformance/targets/"];

/** The file outside src/ that tests in src/ may import. */
export const testHelper = "conformance/assert.ts";

/**
 * Values are never imported in a circle. Types are in these alone:
 * - a member of a pool knows the task that it runs, and a task the member that runs it.
 */
export const typeCircles = [["src/pool/member.ts", "src/pool/task.ts"]];

/**
 * A child is as fast to start as the modules that src/child.ts reaches statically are few: child_modules.txt lists them.
 * `lines` are lines of code, without comments.
 */
export const childLimits = { modules: 52, lines: 3190 };

/** Tests and what they share; no part of the package. @param {string} path */
export const isTest = (path) => /(_test|testing)\.ts$/.test(path);
