/** The adapter for Deno. */

import { MisuseError } from "../errors/base.ts";
import { childWords, MEMORY_FD } from "./boot.ts";
import { type DenoApi, locks } from "./deno_api.ts";
import { openDenoSystem } from "./deno_native.ts";
import { allGranted, commandLine, requirePermissions } from "./deno_permissions.ts";
import { ExitHandlers, writeFully, writesAtExit } from "./exit_hooks.ts";
import { type LinuxSystem, requireLinux } from "./linux_system.ts";
import { isFileless } from "./node_builtins.ts";
import type { Boot, Runtime } from "./runtime.ts";
import { firstMessage } from "./boot.ts";

/** Takes a lock that goes back when this thread runs no more, whatever ends it; resolves when it is held. */
function holdForLife(name: string): Promise<void> {
  return new Promise((resolve) => {
    void locks().request(name, () => {
      resolve();
      return new Promise(() => {});
    });
  });
}

/** As Deno's loader has it; its `node:url` encodes more, and takes 15 ms to load. */
function urlOfFile(path: string): string {
  const url = new URL("file:///");
  url.pathname = path.replaceAll("%", "%25");
  return url.href;
}

/** In a worker: what it reads is none of its process's input, but the end. `process.stdin` reads by the same functions. */
function emptyStdin(deno: DenoApi): void {
  Object.defineProperties(deno.stdin, {
    read: { value: () => Promise.resolve(null) },
    readSync: { value: () => null },
    readable: { get: () => new Blob().stream() },
  });
}

/** Throws SpawnError where start method "process" can't be had. Nothing is bound for it: see openDenoSystem. */
function requireProcess(deno: DenoApi): void {
  requireLinux(deno.build.os);
  requirePermissions(deno, ["read", "env", "run", "ffi"]);
}

export function createDenoRuntime(): Runtime {
  const deno = (globalThis as unknown as { Deno: DenoApi }).Deno;
  const isThread = deno.mainModule === undefined;
  const realExit = deno.exit;
  const exitHandlers = new ExitHandlers();
  const atExit = () => exitHandlers.run();
  let leaving = false;
  /** In a worker: it holds the lock that its parent waits for when it ends. */
  let alive: Promise<void> = Promise.resolve();
  let system: LinuxSystem | undefined;
  /** In a child process: to take the engine down takes time. */
  let endsAtOnce: LinuxSystem | undefined;

  return {
    name: "deno",
    stopsThreads: false,
    preferredMethod: "worker",
    requireMethod(method) {
      if (method === "process") requireProcess(deno);
    },
    pid: deno.pid,
    isThread,
    isChild: !isThread && childWords(deno.args) !== undefined,
    get mainModule() {
      const url = deno.mainModule ?? globalThis.location.href;
      return isFileless(url) ? undefined : url;
    },
    urlOfFile,
    urlInStack: (place) => place.startsWith("/") ? urlOfFile(place) : place,
    parentPid: () => deno.ppid,
    get processors() {
      return navigator.hardwareConcurrency;
    },
    readSystemFile(path) {
      // It takes all permissions; without them it would ask for one.
      if (deno.build.os !== "linux" || !allGranted(deno)) throw new Error(`${path} can't be read here`);
      return deno.readTextFileSync(path);
    },
    residentBytes: () => deno.memoryUsage().rss,
    onInterrupt(handler) {
      if (isThread) return () => {};
      deno.addSignalListener("SIGINT", handler);
      return () => deno.removeSignalListener("SIGINT", handler);
    },
    handlesInterrupt: () => false,
    endByInterrupt() {
      try {
        deno.kill(deno.pid, "SIGINT");
      } catch {
        deno.exit(130); // it needs --allow-run
      }
    },
    system() {
      return system ??= openDenoSystem(deno, false);
    },
    async receiveBoot(): Promise<Boot> {
      if (isThread) {
        const boot = await firstMessage();
        if (boot.life !== undefined) alive = holdForLife(boot.life);
        emptyStdin(deno);
        return boot;
      }
      const args = childWords(deno.args);
      if (args === undefined) throw new MisuseError("This module is the entry of a child, not a program");
      (system ??= openDenoSystem(deno, true)).closeOnExec(MEMORY_FD);
      if (!writesAtExit(commandLine(deno))) endsAtOnce = system;
      return { method: "process", args, memoryFd: MEMORY_FD };
    },
    importModule: (url) => import(url),
    exit(code) {
      leaving = true; // the console's output is out already
      const end = () => {
        exitHandlers.run();
        if (endsAtOnce !== undefined) {
          globalThis.dispatchEvent(new Event("unload"));
          endsAtOnce.exitNow(code);
        }
        realExit(code);
      };
      if (!isThread) end();
      else {
        // Deno.exit doesn't always stop a worker's microtasks: those that are due run before its end is told, not after. A
        // message costs less than a thread's first immediate.
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = end;
        void alive.then(() => port2.postMessage(null));
      }
      return new Promise<never>(() => {});
    },
    interceptExit(handler) {
      // "unload" comes with Deno.exit and process.exit (whose wrapping would load Node's modules) and at the natural end.
      globalThis.addEventListener("unload", () => {
        if (!leaving) handler(deno.exitCode);
      });
      globalThis.addEventListener("unload", atExit); // what the handler adds there would come too late for this event
      const scope = globalThis as unknown as { close(): void };
      const realClose = scope.close;
      if (!isThread) return; // elsewhere it is an exit with an "unload" of its own
      scope.close = () => {
        if (!leaving) handler(deno.exitCode);
        exitHandlers.run();
        realClose.call(globalThis);
      };
    },
    // Its workers end by themselves: they say so.
    threadId: () => 0,
    threadRuns: () => true,
    changeProcessor() {
      // Deno's tests would take the library for a leak of the one that happens to need it.
      if (system === undefined && !isThread) return false;
      try {
        return (system ??= openDenoSystem(deno, true)).changeProcessor();
      } catch {
        return false;
      }
    },
    exitCode: () => deno.exitCode & 0xff,
    onIdle(handler) {
      globalThis.addEventListener("beforeunload", (event) => {
        if (handler()) event.preventDefault();
      });
    },
    onExit(handler) {
      exitHandlers.add(handler);
      globalThis.addEventListener("unload", atExit);
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
    writeError: (text) => writeFully(text, (bytes) => deno.stderr.writeSync(bytes)),
  };
}
