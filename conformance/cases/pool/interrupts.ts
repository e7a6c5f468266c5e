/** Ctrl-C: programs with a pool, in a process group of their own, that gets SIGINT. */

import { assert, assertEquals, assertMatch } from "../../assert.ts";
import type { Case, Env } from "../../case.ts";
import { isRunning, type Program, sendSignal, startProgram, until } from "../../host.ts";

const module = new URL("../../targets/programs/pool_interrupted.ts", import.meta.url);

/** Sends SIGINT to all of the program's group, as a terminal does. */
function interrupt({ pid }: Program): void {
  sendSignal(-pid, "SIGINT");
}

/** Starts it; gives what it says, when it has said so much, and looks for orphans when it has ended. */
function start(env: Env, how: string) {
  const program = startProgram(env, module, { under: ["setsid"], env: { MP_HOW: how }, limit: 30_000 });
  const says = (text: string, times = 1) =>
    until(() => program.stdout().split(text).length > times, 20_000, `the program to say ${text}`);
  const finish = async () => {
    const ended = await program.ended;
    const pids = [...ended.stdout.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid));
    await until(() => !pids.some((pid) => pid !== program.pid && isRunning(pid)), 5000, "the workers' end");
    return ended;
  };
  return { program, says, finish };
}

async function runsFinish(env: Env, how: "apply" | "map" | "imap"): Promise<void> {
  const { program, says, finish } = start(env, how);
  await says("begun", 2);
  interrupt(program);
  const { signal, stdout, stderr } = await finish();
  assertEquals([signal, stderr], ["SIGINT", ""], stdout);
  assertMatch(stdout, /rejected AbortError/, stdout);
  // Both that ran came to their end; none of the others began.
  assertEquals([stdout.match(/begun/g)?.length, stdout.match(/finished/g)?.length], [2, 2], `${how}: ${stdout}`);
}

async function endsAtDeadline(env: Env): Promise<void> {
  const { program, says, finish } = start(env, "long");
  await says("begun", 2);
  interrupt(program);
  const { signal, stderr } = await finish();
  assertEquals([signal, stderr], ["SIGINT", ""]);
}

async function isLeftToTheProgram(env: Env): Promise<void> {
  const { program, says, finish } = start(env, "ignore");
  await says("begun", 2);
  interrupt(program);
  await says("handled");
  const { code, signal, stdout, stderr } = await finish();
  assertEquals([code, signal, stderr], [0, null, ""], stdout);
  assertMatch(stdout, /result 6/);
}

/** A program with a handler of its own, that hears of each signal once and decides itself when to end. */
async function goesOn(env: Env, how: "handled" | "handled once"): Promise<void> {
  const { program, says, finish } = start(env, how);
  await says("begun", 2);
  interrupt(program);
  const { code, signal, stdout, stderr } = await finish();
  assertEquals([code, signal, stderr], [0, null, ""], stdout);
  assertMatch(stdout, /rejected AbortError/);
  const count = (word: string) => stdout.split(word).length - 1;
  const [signals, idle] = how === "handled" ? [2, 1] : [1, 0];
  assertEquals([count("handled"), count("idle"), count("begun"), count("finished")], [signals, idle, 2, 2], stdout);
}

export const interruptCases: readonly Case[] = [
  {
    name:
      "pool/Ctrl-C with work: what is queued is cancelled, what runs finishes or meets the deadline, unless ignored",
    needs: ["linux"],
    timeLimit: 60_000,
    async run(env) {
      // At the same time: all that these programs do is wait.
      await Promise.all([
        runsFinish(env, "apply"),
        runsFinish(env, "map"),
        runsFinish(env, "imap"),
        endsAtDeadline(env),
        isLeftToTheProgram(env),
      ]);
    },
  },
  {
    name: "pool/Ctrl-C in a program that handles it: its handler hears of it once, and an idle pool is left alone",
    needs: ["linux"],
    timeLimit: 40_000,
    async run(env) {
      await Promise.all([goesOn(env, "handled"), goesOn(env, "handled once")]);
    },
  },
  {
    name: "pool/Ctrl-C twice: the second kills",
    needs: ["linux"],
    timeLimit: 40_000,
    async run(env) {
      const { program, says, finish } = start(env, "long");
      await says("begun", 2);
      interrupt(program);
      await says("rejected AbortError");
      interrupt(program);
      const before = performance.now();
      const { signal, stdout, stderr } = await finish();
      assert(performance.now() - before < 5000, "it took its time");
      assertEquals([signal, stderr], ["SIGINT", ""], stdout);
      assertEquals(stdout.match(/finished/g), null);
    },
  },
  {
    name: "pool/Ctrl-C of an idle pool ends the program at once, also by a listener that acts where it is the only one",
    needs: ["linux"],
    timeLimit: 40_000,
    async run(env) {
      for (const how of ["idle", "unused", "polite"]) {
        const { program, says, finish } = start(env, how);
        await says("idle");
        interrupt(program);
        const before = performance.now();
        const { signal, stderr } = await finish();
        assert(performance.now() - before < 5000, "it took its time");
        assertEquals([signal, stderr], ["SIGINT", ""], how);
      }
    },
  },
];
