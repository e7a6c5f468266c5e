/** Runs the benchmarks on one runtime with one start method: a line of JSON for each row. */

import process from "node:process";
import { type Mp, rows, startFromPackage, startFromSources } from "./rows.ts";
import type { Method } from "./peer.ts";

const [method = "process", wanted = "", built] = process.argv.slice(2) as [Method?, string?, string?];
const names = wanted === "" ? undefined : wanted.split(",");

async function load(url: URL): Promise<Mp> {
  const mp = await import(url.href) as Mp;
  mp.setStartMethod(method);
  return mp;
}

const sources = await load(new URL("../mod.ts", import.meta.url));
const all = {
  ...rows,
  sources: startFromSources,
  ...(built === undefined ? {} : { package: startFromPackage }),
};
for (const [name, row] of Object.entries(all)) {
  if (names !== undefined && !names.includes(name)) continue;
  const mp = name === "package" ? await load(new URL(built as string)) : sources;
  console.log(JSON.stringify({ row: name, ...await row(mp, method) }));
}
process.exit(0);
