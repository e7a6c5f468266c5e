/** The adapter for Deno. */

import process from "node:process";
import { MisuseError, SpawnError } from "../errors.ts";
import { childCommand, childWords, MEMORY_FD } from "./child_command.ts";
import { withinQuota } from "./cpu_quota.ts";
import { allGranted, type DenoApi, permissionFlags, requirePermissions } from "./deno_permissions.ts";
import { spawnDenoWorker } from "./deno_worker.ts";
import { exitCodeOf, ExitHandlers } from "./exit_hooks.ts";
import { type Libc, LIBC_FUNCTIONS, LIBC_NAMES, type LinuxSystem, linuxSystem, requireLinux } from "./libc.ts";
import { spawnWithNode } from "./node_process.ts";
import type { Boot, Runtime } from "./runtime.ts";
import { socketBellReader } from "./socket_bell.ts";
import { firstMessage } from "./web_worker.ts";

function openSystem(deno: DenoApi): LinuxSystem {
  requireLinux(deno.build.os);
  requirePermissions(deno, ["ffi"]);
  const functions = Object.fromEntries(
    Object.entries(LIBC_FUNCTIONS).map(([name, { parameters, result }]) => [name, { parameters, result }]),
  );
  for (const name of LIBC_NAMES) {
    let libc: Libc;
    try {
      libc = deno.dlopen(name, functions).symbols as Libc;
    } catch {
      continue;
    }
    return linuxSystem({
      libc,
      view(address, length) {
        return deno.UnsafePointerView.getArrayBuffer(deno.UnsafePointer.create(address)!, length);
      },
      bellReader: (fd) => socketBellReader(fd, (end) => void libc.close(end)),
    });
  }
  throw new SpawnError('Cannot use start method "process": the C library can\'t be loaded; use "worker"');
}

export function createDenoRuntime(): Runtime {
  const deno = (globalThis as unknown as { Deno: DenoApi }).Deno;
  const isThread = deno.mainModule === undefined;
  const realExit = deno.exit;
  const exitHandlers = new ExitHandlers();
  let system: LinuxSystem | undefined;

  return {
    name: "deno",
    defaultMethod: "worker",
    pid: deno.pid,
    isThread,
    get mainModule() {
      const url = deno.mainModule ?? globalThis.location.href;
      return /\/\$deno\$[^/]*$/.test(url) ? undefined : url;
    },
    parentPid: () => deno.ppid,
    cpuCount() {
      const available = navigator.hardwareConcurrency;
      return allGranted(deno) ? withinQuota(available) : available;
    },
    system() {
      return system ??= openSystem(deno);
    },
    spawnProcess(options) {
      requireLinux(deno.build.os);
      requirePermissions(deno, ["run", "env"]);
      const command = childCommand(options, {
        name: "deno",
        executable: deno.execPath(),
        execArgv: [],
        permissions: permissionFlags(deno),
      });
      return spawnWithNode(command, options, { ...deno.env.toObject(), ...options.env });
    },
    spawnWorker: (options) => spawnDenoWorker(deno, options),
    async receiveBoot(): Promise<Boot> {
      if (isThread) return await firstMessage();
      const args = childWords(deno.args);
      if (args === undefined) throw new MisuseError("This module is the entry of a child, not a program");
      (system ??= openSystem(deno)).closeOnExec(MEMORY_FD);
      return { method: "process", args, memoryFd: MEMORY_FD };
    },
    async exit(code) {
      exitHandlers.run();
      realExit(code);
      return await new Promise<never>(() => {});
    },
    interceptExit(handler) {
      const first = (code: number) => {
        handler(code);
        if (isThread) exitHandlers.run(); // a worker's end is no event in it
      };
      deno.exit = (code) => {
        first(exitCodeOf(code ?? deno.exitCode));
        return realExit(code);
      };
      const realProcessExit = process.exit;
      process.exit = (code) => {
        first(exitCodeOf(code));
        return realProcessExit.call(process, code);
      };
      const scope = globalThis as unknown as { close(): void };
      const realClose = scope.close;
      scope.close = () => {
        first(0);
        realClose.call(globalThis);
      };
    },
    onIdle(handler) {
      process.on("beforeExit", () => handler());
    },
    onExit(handler) {
      exitHandlers.add(handler);
      globalThis.addEventListener("unload", () => exitHandlers.run());
    },
    onUncaught(handler) {
      globalThis.addEventListener("error", (event) => {
        if (event.defaultPrevented) return;
        event.preventDefault();
        handler((event as ErrorEvent).error);
      });
      globalThis.addEventListener("unhandledrejection", (event) => {
        if (event.defaultPrevented) return;
        event.preventDefault();
        handler((event as PromiseRejectionEvent).reason);
      });
    },
    writeError(text) {
      let rest: Uint8Array = new TextEncoder().encode(text);
      while (rest.length > 0) rest = rest.subarray(deno.stderr.writeSync(rest));
    },
  };
}
