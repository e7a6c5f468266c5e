/** A manager for the time of a case. */

import type { Context, SyncManager } from "../../../mod.ts";

/** Runs `use` with a manager, and shuts it down. */
export async function withManager(mp: Context, use: (manager: SyncManager) => Promise<void>): Promise<void> {
  const manager = await mp.Manager();
  try {
    await use(manager);
  } finally {
    await manager.shutdown();
  }
}
