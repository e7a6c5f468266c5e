/** Runs programs for the scripts: in a process group of their own that ends with its time limit, or with us. */

import { spawn } from "node:child_process";
import process from "node:process";

/** Process groups that are running. @type {Set<number>} */
const groups = new Set();

/** Ends a process group at once. @param {number} group */
export function killGroup(group) {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // it has already ended
  }
}

for (const [signal, code] of /** @type {const} */ ([["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]])) {
  process.on(signal, () => process.exit(code));
}
process.on("exit", () => groups.forEach(killGroup));

/**
 * @typedef {object} Ended
 * @property {number | null} code
 * @property {NodeJS.Signals | null} signal
 * @property {boolean} timedOut
 * @property {string} output        of both streams
 * @property {number} milliseconds
 */

/**
 * Starts a program in a process group of its own.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, limit: number, show?: boolean, leave?: boolean }} options
 *   limit: milliseconds; show: also pass its output on; leave: don't end what it leaves running when it ends by itself
 * @returns {{ pid: number, ended: Promise<Ended> }}
 */
export function start(command, args, { cwd, env, limit, show = false, leave = false }) {
  const started = performance.now();
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const pid = child.pid ?? 0;
  if (pid > 0) groups.add(pid);
  let output = "";
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup(pid);
  }, limit);
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output += text;
    if (show) process.stdout.write(text);
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    output += text;
    if (show) process.stderr.write(text);
  });
  /** @type {Promise<Ended>} */
  const ended = new Promise((resolve) => {
    const finish = (/** @type {number | null} */ code, /** @type {NodeJS.Signals | null} */ signal) => {
      clearTimeout(timer);
      groups.delete(pid);
      resolve({ code, signal, timedOut, output, milliseconds: performance.now() - started });
    };
    child.once("error", (error) => {
      output += `${error.message}\n`;
      finish(127, null);
    });
    child.once("exit", (code, signal) => {
      // What it leaves running may hold its output open: that is not waited for, and ends here.
      const late = setTimeout(() => {
        if (!leave) killGroup(pid);
        child.stdout.destroy();
        child.stderr.destroy();
      }, 3000);
      child.once("close", () => {
        clearTimeout(late);
        if (!leave) killGroup(pid);
        finish(code, signal);
      });
    });
  });
  return { pid, ended };
}

/** Runs a program to its end: see `start`. @param {string} command @param {string[]} args @param {Parameters<typeof start>[2]} options */
export function run(command, args, options) {
  return start(command, args, options).ended;
}

/** How a program ended, for a person. @param {Ended} ended @param {number} limit */
export function howItEnded({ code, signal, timedOut }, limit) {
  if (timedOut) return `was stopped after ${limit / 1000} s`;
  return signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
}
