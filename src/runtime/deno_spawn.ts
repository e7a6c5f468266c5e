/** Starting children on Deno. */

import { childCommand, inheritedEnv } from "./child_command.ts";
import type { DenoApi } from "./deno_api.ts";
import { configFlags } from "./deno_config.ts";
import { readDenoLine } from "./deno_flags.ts";
import { granted, permissionFlags, requirePermissions } from "./deno_permissions.ts";
import { spawnDenoWorker } from "./deno_worker.ts";
import { requireLinux } from "./linux_system.ts";
import { spawnWithNode } from "./node_process.ts";
import { LEAST_DENO, requireVersion } from "./versions.ts";
import type { ProcessHandle, ProcessSpawn, Spawner, SystemCalls } from "./runtime.ts";
import { runtime } from "./current.ts";

const api = () => (globalThis as unknown as { Deno: DenoApi }).Deno;

/** The folder that this program was started in: it may go elsewhere. */
const cwd = startFolder();

function startFolder(): string {
  return "Deno" in globalThis && granted(api(), "read") ? api().cwd() : "."; // else it would ask the user for permission
}

/** This process's command line, by a system call: Deno's own functions may read it only with all permissions. */
function commandLine(system: SystemCalls): string[] {
  return system.readText("/proc/self/cmdline")?.split("\0").slice(0, -1) ?? [];
}

/** In a thread, which isn't told of the main module. */
function fileUrl(script: string | undefined): string | undefined {
  if (script === undefined) return undefined;
  return URL.canParse(script)
    ? script
    : new URL(`file://${script.startsWith("/") ? "" : cwd}/${encodeURI(script)}`).href;
}

/** What made this program into an executable. */
function compiler(): string | undefined {
  return api().build.standalone ? "deno compile" : undefined;
}

function spawnProcess(options: ProcessSpawn): ProcessHandle {
  const deno = api();
  requireVersion("Deno", deno.version.deno, LEAST_DENO);
  requireLinux(deno.build.os);
  requirePermissions(deno, ["run", "env"]);
  const system = runtime.system();
  const line = readDenoLine(commandLine(system).slice(1), cwd);
  const exists = (path: string) => system.readText(path) !== undefined;
  const command = childCommand(options, {
    name: "deno",
    compiler: compiler(),
    executable: deno.execPath(),
    execArgv: line.flags,
    permissions: [...permissionFlags(deno), ...line.imports],
    config: configFlags(line, deno.mainModule ?? fileUrl(line.script), options.entry, cwd, exists),
  });
  return spawnWithNode(command, options, inheritedEnv(deno.env.toObject(), options.env));
}

export const denoSpawner: Spawner = {
  get compiler() {
    return compiler();
  },
  spawnProcess,
  spawnWorker: (options) => spawnDenoWorker(api(), options),
};
