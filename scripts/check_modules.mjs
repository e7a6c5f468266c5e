/**
 * Checks the modules together, as `deno info` sees them: no circles but those in architecture.mjs, none that nobody imports, and
 * a child loads what child_modules.txt lists (`--accept` writes it anew).
 */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { childLimits, isTest, typeCircles } from "./architecture.mjs";
import { root as repository } from "./setup.mjs";

const { values: { accept }, positionals: [root = repository] } = parseArgs({
  options: { accept: { type: "boolean", default: false } },
  allowPositionals: true,
});

/** Everything is reached from here. */
const ENTRY = "src/child.ts";
const listFile = join(root, "scripts", "child_modules.txt");

/**
 * @typedef {{ specifier: string, isDynamic?: boolean, code?: { specifier: string }, type?: { specifier: string } }} Dependency
 * @typedef {"static" | "value" | "any"} Sort   values imported statically; also dynamically; also types
 * @typedef {Map<string, { to: string, sorts: Sort[] }[]>} Graph   by paths in the repository
 */

/** @returns {Graph} */
function readGraph() {
  const deno = join(repository, "node_modules", "deno", "deno");
  const { status, stdout, stderr } = spawnSync(deno, ["info", "--json", ENTRY], { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`deno info failed: ${stderr}`);
  /** @type {{ modules: { local?: string, error?: string, dependencies?: Dependency[] }[] }} */
  const { modules } = JSON.parse(stdout);
  const broken = modules.find(({ error }) => error !== undefined);
  if (broken !== undefined) throw new Error(broken.error);
  const base = `file://${root}/`;
  return new Map(
    modules.filter(({ local }) => local?.startsWith(`${root}/`)).map(({ local = "", dependencies = [] }) => [
      relative(root, local),
      dependencies.flatMap(({ isDynamic, code, type }) => {
        const to = decodeURI((code ?? type)?.specifier ?? "");
        if (!to.startsWith(base)) return [];
        /** @type {Sort[]} */
        const sorts = code === undefined ? ["any"] : isDynamic ? ["any", "value"] : ["any", "value", "static"];
        return [{ to: to.slice(base.length), sorts }];
      }),
    ]),
  );
}

/** The shortest ways to what a module reaches: where one came from, by where one came to. @param {Graph} graph @param {string} from @param {Sort} sort */
function waysFrom(graph, from, sort) {
  /** @type {Map<string, string>} */
  const ways = new Map();
  const queue = [from];
  for (const at of queue) {
    for (const { to, sorts } of graph.get(at) ?? []) {
      if (!sorts.includes(sort) || ways.has(to)) continue;
      ways.set(to, at);
      queue.push(to);
    }
  }
  return ways;
}

/** Groups of modules that reach each other, and a way around each. @param {Graph} graph @param {Sort} sort */
function circlesOf(graph, sort) {
  const ways = new Map([...graph.keys()].map((path) => [path, waysFrom(graph, path, sort)]));
  /** @type {Map<string, { members: string[], way: string }>} */
  const circles = new Map();
  for (const [path, reached] of ways) {
    if (!reached.has(path)) continue;
    const members = [...reached.keys()].filter((other) => ways.get(other)?.has(path)).sort();
    const way = [path];
    for (let at = reached.get(path); at !== undefined && at !== path; at = reached.get(at)) way.unshift(at);
    if (!circles.has(members.join())) circles.set(members.join(), { members, way: [path, ...way].join(" → ") });
  }
  return circles;
}

/** @param {Graph} graph */
function* faultsOfCircles(graph) {
  const values = circlesOf(graph, "value"), all = circlesOf(graph, "any");
  const allowed = typeCircles.map((circle) => circle.toSorted().join());
  for (const { way } of values.values()) yield `values are imported in a circle: ${way}`;
  for (const [key, { way, members }] of all) {
    const isOfValues = [...values.values()].some((circle) => circle.members.join() === members.join());
    if (!allowed.includes(key) && !isOfValues) yield `types are imported in a circle: ${way}`;
  }
  for (const key of allowed) {
    if (!all.has(key)) yield `${key.replaceAll(",", " and ")} are no circle any more: take them from architecture.mjs`;
  }
}

/** @param {Graph} graph */
function* faultsOfReach(graph) {
  for (const entry of readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })) {
    const path = relative(root, join(entry.parentPath, entry.name));
    if (path.endsWith(".ts") && !isTest(path) && !graph.has(path)) {
      yield `${path} is imported by no module of the package`;
    }
  }
}

/** Documentation takes a child no time. @param {string} source */
function linesOfCode(source) {
  const lines = source.replace(/\/\*.*?\*\//gs, "").split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("//")).length;
}

/** @param {Graph} graph */
function* faultsOfChild(graph) {
  const loaded = [ENTRY, ...waysFrom(graph, ENTRY, "static").keys()].filter((path) => graph.has(path)).sort();
  const lines = loaded.reduce((sum, path) => sum + linesOfCode(readFileSync(join(root, path), "utf8")), 0);
  console.log(`A child loads ${loaded.length} modules, ${lines} lines of code`);
  if (loaded.length > childLimits.modules) yield `a child loads more than ${childLimits.modules} modules`;
  if (lines > childLimits.lines) yield `a child loads more than ${childLimits.lines} lines of code`;
  if (accept) writeFileSync(listFile, loaded.map((path) => `${path}\n`).join(""));
  const listed = readFileSync(listFile, "utf8").split("\n").filter((path) => path !== "");
  const ways = waysFrom(graph, ENTRY, "static");
  const how = "if that is meant, accept it with `node scripts/check_modules.mjs --accept`";
  for (const path of loaded.filter((path) => !listed.includes(path))) {
    yield `a child loads ${path} too, imported by ${ways.get(path)}; ${how}`;
  }
  for (const path of listed.filter((path) => !loaded.includes(path))) yield `a child loads ${path} no more; ${how}`;
}

const graph = readGraph();
const faults = [...faultsOfCircles(graph), ...faultsOfReach(graph), ...faultsOfChild(graph)];
for (const fault of faults) console.error(fault);
console.log(`${graph.size} modules, ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;
