/** What files of the system tell (/proc, control groups): the processors that a process may use, and its memory. */

import { runtime } from "./current.ts";

type ReadText = (path: string) => string;

/** Usable processors. */
export function cpuCount(): number {
  return withinQuota(runtime.processors);
}

/** `available`, or less where a quota (cgroup v2 `cpu.max`, v1 `cpu.cfs_quota_us`) says so. */
export function withinQuota(available: number, readText: ReadText = runtime.readSystemFile): number {
  const read = (path: string): string | undefined => {
    try {
      return readText(path).trim();
    } catch {
      return undefined;
    }
  };
  let limit = available;
  const consider = (quota: number, period: number) => {
    if (quota > 0 && period > 0) limit = Math.min(limit, Math.ceil(quota / period));
  };
  for (const line of (read("/proc/self/cgroup") ?? "").split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const root = controllers === ""
      ? "/sys/fs/cgroup"
      : controllers.split(",").includes("cpu")
      ? "/sys/fs/cgroup/cpu"
      : undefined;
    if (root === undefined) continue;
    for (let group = path;; group = group.replace(/\/[^/]*$/, "")) {
      const folder = root + group.replace(/\/$/, "");
      const [quota, period] = (read(`${folder}/cpu.max`) ?? "").split(" ").map(Number);
      consider(quota ?? 0, period ?? 0);
      consider(Number(read(`${folder}/cpu.cfs_quota_us`) ?? 0), Number(read(`${folder}/cpu.cfs_period_us`) ?? 0));
      if (group === "" || group === "/") break;
    }
  }
  return Math.max(1, limit);
}

/** Resident bytes of another process; null where that can't be read. */
export function residentBytesOf(pid: number): number | null {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(runtime.readSystemFile(`/proc/${pid}/status`))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}
