/** Tests of processes whose descriptors the system hides from others of their user: they are not dumpable. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runtime } from "./current.ts";

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** From a superuser nothing is hidden. */
const asAnother = process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];

const flags = {
  deno: ["run", "-A", "--no-check", "--no-lock", `--config=${pathOf("../../deno.json")}`],
  bun: [],
  node: ["--no-warnings"],
}[runtime.name];

/** Makes the process that it runs in hide its descriptors. */
const hide = {
  deno: `
    const words = ["i32", "u64", "u64", "u64", "u64"];
    const { prctl } = Deno.dlopen("libc.so.6", { prctl: { parameters: words, result: "i32" } }).symbols;
    const hide = () => prctl(4, 0n, 0n, 0n, 0n);`,
  bun: `
    import { dlopen } from "bun:ffi";
    const { prctl } = dlopen("libc.so.6", { prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" } }).symbols;
    const hide = () => prctl(4, 0, 0, 0, 0);`,
  node: `
    import koffi from ${JSON.stringify(pathOf("../../node_modules/koffi/index.js"))};
    const prctl = koffi.load(null).func("int prctl(int, uint64_t, uint64_t, uint64_t, uint64_t)");
    const hide = () => prctl(4, 0, 0, 0, 0);`,
}[runtime.name];

/** Runs a program as a user from whom something can be hidden; its lines. */
async function run(source: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "hidden-")), file = join(folder, "main.mjs");
  try {
    const text = `
      import { execFile, spawn } from "node:child_process";
      import process from "node:process";
      ${hide}
      const attempt = (fn) => {
        try { console.log(String(fn())); } catch (error) { console.log(error.name + ": " + error.message); }
      };
      ${source}`;
    writeFileSync(file, text);
    await new Promise((resolve) => execFile("chmod", ["-R", "a+rwX", folder], resolve));
    const [command = "", ...words] = [...asAnother, process.execPath, ...flags, file];
    return await new Promise((resolve) => {
      const env = { ...process.env, HOME: folder, DENO_DIR: folder, TMPDIR: folder, NO_COLOR: "1" };
      execFile(command, words, { env, timeout: 20_000 }, (_error, stdout, stderr) => {
        resolve(`${stdout}${stderr}`.trim().split("\n"));
      });
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a hidden process makes no family of processes, and starts no child of one", async () => {
  const source = `
    const { getContext } = await import(${JSON.stringify(pathOf("../../mod.ts"))});
    const mp = getContext("process"), child = new mp.Process();
    attempt(() => typeof new mp.Lock());
    hide();
    await child.start().catch((error) => console.log(error.name + ": " + error.message));
    console.log(mp.activeChildren().length);`;
  const [made, refusal = "", ...rest] = await run(source);
  assert.match(refusal, /^SpawnError: Cannot use start method "process": .* not dumpable /);
  assert.deepEqual([made, rest], ["object", ["0"]]);
  const [atOnce = ""] = await run(source.replace("const mp", "hide(); const mp"));
  assert.match(atOnce, /^SpawnError: Cannot use start method "process": .* not dumpable /);
});

test("a hidden process is not taken for dead while it lives, and is when it has ended, reaped or not", async () => {
  const lines = await run(`
    const { runtime } = await import(${JSON.stringify(pathOf("./current.ts"))});
    const system = runtime.system();
    const [, , pid, fd, inode] = process.argv;
    if (pid === undefined) {
      const bell = system.createBell();
      hide();
      const [flags, file] = ${JSON.stringify([flags])}.concat(process.argv[1]);
      const words = [...flags, file, String(process.pid), String(bell.fd), String(bell.inode)];
      await new Promise((resolve) => execFile(process.execPath, words, (_error, stdout, stderr) => {
        console.log((stdout + stderr).trim());
        resolve();
      }));
      bell.close();
      process.exit(0);
    }
    const open = (pid) => attempt(() => system.openBell(Number(pid), Number(fd), BigInt(inode)));
    open(pid);
    // The child of a process that doesn't ask for its end.
    const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 60"]);
    const zombie = await new Promise((resolve) => parent.stdout.once("data", (data) => resolve(String(data).trim())));
    const stat = () => system.readText("/proc/" + zombie + "/stat");
    while (!/\\) Z/.test(stat())) await new Promise((resolve) => setTimeout(resolve, 5));
    open(zombie);
    await new Promise((resolve) => parent.once("exit", resolve) && parent.kill());
    open(parent.pid);
    process.exit(0);`);
  assert.deepEqual(lines, ["undefined", "null", "null"]);
});
