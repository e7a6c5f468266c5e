/** The harness itself: its time limit and its leak check must catch what they are for. */

import { spawn } from "node:child_process";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import type { Context } from "../mod.ts";
import { assert, assertEquals, assertLess, assertRejects, assertStringIncludes } from "./assert.ts";
import type { Case, Env } from "./case.ts";
import { findGap } from "./gaps.ts";
import { judge, missingNeed } from "./install.ts";
import { LeakError, runCase, TimeLimitError } from "./run_case.ts";

const env: Omit<Env, "tempDir"> = {
  mp: {} as Context, // no case here touches the package
  method: "process",
  runtime: "node",
  runtimeVersion: "24.1.0",
};
const patience = { real: 200, first: 50 };

function making(run: Case["run"], more: Partial<Case> = {}): Case {
  return { name: "made up", run, ...more };
}

/** Runs a case that must be found leaking, and returns what the harness says. */
async function leak(run: Case["run"]): Promise<string> {
  return (await assertRejects(() => runCase(making(run), env, patience), LeakError)).message;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A program that does nothing for long, and its parent's way to forget it. */
function sleeper(script: string): Promise<number> {
  const child = spawn("/bin/sh", ["-c", script], { stdio: "ignore" });
  child.unref();
  return new Promise((resolve) => child.once("spawn", () => resolve(child.pid ?? 0)));
}

test("a case that leaves nothing behind passes", async () => {
  let runs = 0;
  await runCase(
    making(() => {
      runs++;
      closeSync(openSync("/dev/null", "r"));
      return Promise.resolve();
    }),
    env,
    patience,
  );
  assertEquals(runs, 1);
});

test("a case's own error is what comes out", async () => {
  await assertRejects(() => runCase(making(() => Promise.reject(new RangeError("boom"))), env), RangeError, "boom");
});

test("a case that doesn't end is given up on", async () => {
  const started = performance.now();
  const endless = making(() => new Promise(() => {}), { timeLimit: 100 });
  await assertRejects(() => runCase(endless, env, patience), TimeLimitError, "100 ms");
  assertLess(performance.now() - started, 5000);
  assertEquals((await judge(endless, env, undefined)).status, "failed");
});

test("a descriptor that stays open, each time the case runs, is a leak", async () => {
  const opened: number[] = [];
  const message = await leak(() => {
    opened.push(openSync("/dev/null", "r"));
    return Promise.resolve();
  });
  assertStringIncludes(message, "/dev/null");
  assertEquals(opened.length, 3);
  opened.forEach(closeSync);
});

test("a descriptor that is opened once in a process's life is none", async () => {
  let opened: number | undefined;
  await runCase(
    making(() => {
      opened ??= openSync("/dev/null", "r");
      return Promise.resolve();
    }),
    env,
    patience,
  );
  assert(opened !== undefined);
  closeSync(opened);
});

test("a child process is a leak, and is ended", async () => {
  let pid = 0;
  const message = await leak(async () => {
    pid = await sleeper("exec sleep 30");
  });
  assertStringIncludes(message, `process ${pid} (sleep 30)`);
  for (let i = 0; i < 100 && isAlive(pid); i++) await new Promise((resolve) => setTimeout(resolve, 20));
  assert(!isAlive(pid), "it is still there");
});

test("a grandchild whose parent is gone is still a leak", async () => {
  assertStringIncludes(await leak(async () => void await sleeper("sleep 31 & exit 0")), "(sleep 31)");
});

test("a file in the temporary folder is a leak", async () => {
  const message = await leak(({ tempDir }) => {
    assertEquals(process.env["TMPDIR"], tempDir);
    writeFileSync(join(tempDir, "forgotten"), "");
    return Promise.resolve();
  });
  assertStringIncludes(message, "forgotten");
});

test("a thread is a leak", async () => {
  const workers: Worker[] = [];
  const message = await leak(async () => {
    const worker = new Worker(
      'const { parentPort } = require("node:worker_threads"); parentPort.on("message", () => {}); parentPort.postMessage(1);',
      { eval: true },
    );
    workers.push(worker);
    await new Promise((resolve) => worker.once("message", resolve));
  });
  assertStringIncludes(message, "thread");
  await Promise.all(workers.map((worker) => worker.terminate()));
});

test("a known gap must fail", async () => {
  const gap = { case: "made up", runtime: "node", method: "process", reason: "not yet" } as const;
  const good = making(() => Promise.resolve());
  const bad = making(() => Promise.reject(new Error("boom")));
  assertEquals((await judge(good, env, undefined)).status, "passed");
  assertEquals((await judge(bad, env, undefined)).status, "failed");
  assertEquals((await judge(bad, env, gap)).status, "gap");
  const result = await judge(good, env, gap);
  assertEquals(result.status, "failed");
  assertStringIncludes(result.reason ?? "", "gaps.ts");
});

test("a gap is found by case, runtime, version and method", () => {
  const gap = { case: "a", runtime: "node", major: 22, method: "worker", reason: "" } as const;
  const where = { runtime: "node", runtimeVersion: "22.1.0", method: "worker" } as const;
  assertEquals(findGap("a", where, [gap]), gap);
  assertEquals(findGap("b", where, [gap]), undefined);
  assertEquals(findGap("a", { ...where, runtimeVersion: "24.0.0" }, [gap]), undefined);
  assertEquals(findGap("a", { ...where, method: "process" }, [gap]), undefined);
});

test("a case is skipped where one of its needs isn't met", () => {
  const one = making(() => Promise.resolve(), { needs: ["worker", "stops-busy"] });
  assertEquals(missingNeed(one, { method: "process", runtime: "deno" }), "worker");
  assertEquals(missingNeed(one, { method: "worker", runtime: "deno" }), "stops-busy");
  assertEquals(missingNeed(one, { method: "worker", runtime: "bun" }), undefined);
});
